"""How smooth the window is: a stream of 100,000 rows a second over 10,000 sites, grid and points.

`python tests/benchmarks/bench_window.py [SECONDS] [SITES] [MINUTES]`; drawn by software, without a
screen unless QT_QPA_PLATFORM says otherwise. Stalls are measured inside the event loop, by a timer
that ought to come every 5 ms. For each stall over 50 ms it is told how much processor time the
window's own thread used in it: where that is little, the machine was busy elsewhere. Then as many
minutes' worth of updates are drawn as fast as they come, and an hour's worth taken in without
being drawn, for the memory and for whatever takes longer the longer a scan goes on. Clicks on the
map of a finished file are timed until their curve is drawn, and so is what they cost the loop.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit  # noqa: E402
from small_plan import INFO, grid, small  # noqa: E402
from ui_stand_in import StandIn  # noqa: E402

from seccm.data import Store, finish  # noqa: E402
from seccm.events import (  # noqa: E402
    Event,
    Landed,
    Landing,
    Outcome,
    Phase,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.remote import Trace  # noqa: E402
from ui.browse import FileView  # noqa: E402
from ui.models.palette import DARK, Sizes  # noqa: E402
from ui.models.showing import Conventions  # noqa: E402
from ui.window import BEAT_MS, Window  # noqa: E402

RATE = 100_000.0
STALL = 0.05
"""Seconds."""
PARTS = 6
"""Into which an hour is divided, to see whether anything grows."""
BEATS_A_SITE = 6
"""Five sites a second: each changes the map."""


def say(words: str) -> None:
    """Write a line of results."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QObject) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count, and let everything pass."""
        self.count += event.type() == QEvent.Type.Paint
        return False


def resident() -> float:
    """Return the memory that this process takes, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def story(beat: float = 0.0) -> object:
    """Return a story of 100,000 rows a second, and a site every few beats.

    Args:
        beat: seconds that pass from poll to poll; 0 for those of the clock.
    """
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(200_000)
    began = [time.perf_counter(), 0.0]

    def tell(poll: int) -> tuple[tuple[Event, ...], Trace, int]:
        now = poll * beat if beat else time.perf_counter() - began[0]
        # A beat that came late brings more rows, as the host would send them.
        first, last = int(began[1] * RATE), int(now * RATE)
        first = max(first, last - noise.size)
        began[1] = now
        t = np.arange(first, last) / RATE
        site = (poll // BEATS_A_SITE) % 10_000
        events: tuple[Event, ...] = ()
        if poll % BEATS_A_SITE == 0 and site:
            done = site - 1
            landing = Landing(0, 5e-5, 5e-5 + 1e-8 * done, 0.0, 0.0, 3e-3, 2e-8, 0)
            events = (
                Landed(0, done, landing, None),
                SiteFinished(0, done, Outcome.OK, ""),
                SiteAnalysed(done, {"E_nuc": -0.1 + 1e-5 * done}, "made up"),
                SiteStarted(0, site),
            )
        # Three quarters of every site are measured; the rest is the way down.
        step = np.full(t.size, site % 4 != 0)
        wave = 0.1 * np.sin(30 * t) + 1e-3 * noise[: t.size]
        trace = Trace(
            t, wave, 1e-9 * wave, 5e-5 - 1e-6 * (t % 1.0), np.full(t.size, site, "i4"),
            np.where(step, Phase.STEP, Phase.APPROACH).astype("u1"), np.zeros(t.size, "u2"),
        )  # fmt: skip
        return events, trace, site

    return tell


GRID = grid(columns=100, rows=100, pitch=1e-6, allow_overlap=True)


def points(count: int = 10_000) -> dict[str, object]:
    """Return so many places that form no grid, in no order."""
    rng = np.random.default_rng(1)
    side = int(count**0.5)
    cell = rng.permutation(side * side)
    x, y = (0.9e-6 * (axis + 0.1 * rng.random(cell.size)) for axis in (cell % side, cell // side))
    return {"kind": "points", "points": np.stack([x, y], axis=1).tolist(), "allow_overlap": True}


class Probe:
    """Measures from within how long the event loop does not come round."""

    def __init__(self) -> None:
        self._gaps: list[tuple[float, float]] = []
        self._last = (time.perf_counter(), time.thread_time())
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(5)

    def _look(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self._gaps.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now

    def begin(self) -> None:
        """Forget what was until now."""
        self._look()
        self._gaps.clear()

    def end(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return how long each turn took since, and the processor time of this thread in it."""
        self._look()
        lengths, own = np.array(self._gaps).T
        return lengths, own


def smoothness(app: QApplication, seconds: float, places: dict[str, object], words: str) -> None:
    """Measure paints, stalls and memory while everything goes on at once."""
    say(f"\n10,000 sites, {words}:")
    plan = small(sites=places)
    with tempfile.TemporaryDirectory() as place:
        settings = QSettings(str(Path(place) / "w.ini"), QSettings.Format.IniFormat)
        window = Window(link=StandIn(plan, INFO, story()), settings=settings, scale=1.0)  # type: ignore[arg-type]
        window.resize(1280, 800)
        window.show()
        curves = Paints(window.live.panels["E-t"].viewport())
        maps = Paints(window.map.plot.viewport())
        probe = Probe()
        ready(window)
        run(2.0)
        probe.begin()
        curves.count = maps.count = 0
        beats, rows = window._beats, resident()
        began, used = time.perf_counter(), time.process_time()
        run(seconds)
        took = time.perf_counter() - began
        lengths, own = probe.end()
        worst = np.sort(lengths)[::-1]
        stalls = lengths > STALL
        beaten = window._beats - beats
        say(
            f"{beaten} beats in {took:.1f} s: {beaten / took:.1f}/s; "
            f"curves {curves.count / took:.1f}/s, map {maps.count / took:.1f}/s"
        )
        say(
            f"5 ms timer: median {1e3 * np.median(worst):.1f}, 99 % "
            f"{1e3 * np.quantile(worst, 0.99):.1f}, longest {1e3 * worst[0]:.1f} ms; over 50 ms: "
            f"{int(stalls.sum())} of {worst.size}, of our own making (processor time over 50 ms): "
            f"{int((own > STALL).sum())}"
        )
        say("  the longest, and the window's own processor time in them, ms: " + ", ".join(
            f"{1e3 * lengths[k]:.0f} ({1e3 * own[k]:.0f})" for k in np.argsort(-lengths)[:5]
        ))  # fmt: skip
        say(f"processor {100 * (time.process_time() - used) / took:.0f} %; "
            f"memory {rows:.0f} MB at first, {resident():.0f} MB then")  # fmt: skip
        window.close()


def endurance(app: QApplication, minutes: float, *, drawn: bool) -> None:
    """Measure the memory over some minutes' worth of updates, taken as fast as they come."""
    plan = small(sites=GRID)
    with tempfile.TemporaryDirectory() as place:
        settings = QSettings(str(Path(place) / "w.ini"), QSettings.Format.IniFormat)
        link = StandIn(plan, INFO, story(BEAT_MS / 1000))  # type: ignore[arg-type]
        window = Window(link=link, settings=settings, scale=1.0)
        window.resize(1280, 800)
        window.show()
        ready(window)
        window._timer.stop()
        window.setVisible(drawn)
        beats = int(minutes * 60 * 1000 / BEAT_MS)
        how = "drawn" if drawn else "taken in but not drawn"
        say(f"{minutes:g} minutes' worth of updates ({beats}), {how}; memory after, and a beat:")
        began = time.perf_counter()
        part = beats // PARTS
        for beat in range(1, part * PARTS + 1):
            window.beat()
            app.processEvents()
            if beat % part == 0:
                each = (time.perf_counter() - began) / part
                worth = minutes * beat / (part * PARTS)
                say(f"  {worth:5.1f} minutes: {resident():.0f} MB, {1e3 * each:.2f} ms")
                began = time.perf_counter()
        window.close()


def write(path: Path, count: int, steps: tuple[int, int], block: int = 1000) -> None:
    """Write a finished file of so many sites."""
    store = Store(path, HEADER, sites(count), COLUMNS, CLOCK, analyse)
    row = 0
    for number in range(count):
        v = visit(number, row, steps)
        row = v.stop
        for rows, events in told([v], chain([120], repeat(block))):
            store.record(rows, events)
        if number % 50 == 0:
            store.barrier()
    store.close("complete")
    finish(path)


def opened(path: Path) -> FileView:
    """Open a file as the window does, and draw it."""
    view = FileView(path, lambda line: say(line.text))
    view.dress(DARK, Sizes.of(96.0, glove=False, scale=1.0))
    view.show_as(Conventions())
    view.resize(1280, 800)
    view.show()
    view.map.plot.viewport().repaint()
    return view


def drawn(view: FileView) -> float:
    """Let the event loop live until the curves of the selection are drawn; return how long."""
    began = time.perf_counter()
    loop, look = QEventLoop(), QTimer()
    look.timeout.connect(lambda: None if view.map._arriving.isActive() else loop.quit())
    look.start(1)
    loop.exec()
    view.map.panel.stack.currentWidget().viewport().repaint()  # type: ignore[attr-defined]
    return 1e3 * (time.perf_counter() - began)


def click(view: FileView, probe: Probe, numbers: Sequence[int]) -> tuple[float, float]:
    """Select some sites; return how long until they are drawn and the longest turn, in ms."""
    probe.begin()
    began = time.perf_counter()
    view.map.pick(numbers[0], False)
    if len(numbers) > 1:
        chosen = view.file.map
        chosen.selected[list(numbers)] = True
        view.map._wish()
    asked = 1e3 * (time.perf_counter() - began)
    took = asked + drawn(view)
    return took, 1e3 * float(probe.end()[0].max())


def browsing(count: int) -> None:
    """Measure opening a large file, drawing its map, and clicking sites."""
    probe = Probe()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "large.h5"
        write(path, count, (50, 40))
        began = time.perf_counter()
        view = opened(path)
        say(f"\n{count} sites opened and their map drawn in {time.perf_counter() - began:.2f} s")
        run(1.0)
        chosen = np.random.default_rng(0).permutation(count)[:50].tolist()
        taken, turns = np.array([click(view, probe, [k]) for k in chosen]).T
        say(f"a click until its curve is drawn: median {np.median(taken):.1f} ms, longest "
            f"{taken.max():.1f} ms (the first one: {taken[0]:.1f} ms); longest turn of the event "
            f"loop {turns.max():.1f} ms")  # fmt: skip
        view.shut()
        view.deleteLater()
        path = Path(place) / "long.h5"
        write(path, 24, (150_000, 150_000), 20_000)
        view = opened(path)
        run(1.0)
        taken, turns = np.array([click(view, probe, [k]) for k in range(4)]).T
        say(f"sites of 300,000 rows: a click until its curve is drawn: longest {taken.max():.0f} "
            f"ms; longest turn {turns.max():.1f} ms")  # fmt: skip
        took, turn = click(view, probe, range(4, 24))
        say(f"20 more of them at once: all drawn after {took:.0f} ms; longest turn {turn:.1f} ms")
        view.shut()
        view.deleteLater()


def ready(window: Window) -> None:
    """Wait until the plan has been taken in, and do what the application does then."""
    while window.desk.map is None:
        run(0.1)
    gc.collect()
    gc.freeze()


def run(seconds: float) -> None:
    """Let the event loop live for some seconds."""
    loop = QEventLoop()
    QTimer.singleShot(int(1e3 * seconds), loop.quit)
    loop.exec()


def main(seconds: float = 20.0, count: int = 100_000, minutes: float = 5.0) -> None:
    """Run all."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    say(f"{app.platformName()}, 1280 x 800")
    smoothness(app, seconds, GRID, "a grid")
    smoothness(app, seconds, points(), "points")
    endurance(app, minutes, drawn=True)
    endurance(app, 60.0, drawn=False)
    browsing(count)


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((float, int, float), sys.argv[1:], strict=False)))
