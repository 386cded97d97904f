"""How fast a contact stops the tip on an NI card, on the wall clock, with and without company.

    python tests/benchmarks/bench_stop.py [APPROACHES]

The driver runs as ever, over the stand-in for NI's library, whose card here lives on the wall
clock: a sample can be read once its time has come, an output sample is put out whatever the
program does meanwhile, and a call costs what it costs. The truth is the card's: the raw sample
that first sees the contact, and the instant after the last output sample. What the driver stores
for a landing is printed beside it, and must agree. (A read here also makes up the
samples, about a millisecond of work that a real card does not ask for; with short blocks it shows.)

The company is a process that draws plots as fast as it can. Approaches alone and in company take
turns, because the machine may be shared with others, too.
"""

from __future__ import annotations

import gc
import os
import queue
import random
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from card_bench import SMOOTH  # noqa: E402
from nidaq_bench import rig_table  # noqa: E402
from rig_contract import Stream  # noqa: E402

import hardware.ni  # noqa: E402
from hardware.ni.nidaq import NidaqRig  # noqa: E402
from seccm.plan.contacts import current_threshold  # noqa: E402
from seccm.rig import Constant, Drive, Flag, Mounted, Move  # noqa: E402

APPROACHES = 200
TURN = 25
"""Approaches before company comes or goes."""
SPEED, FAST = 10e-6, 100e-6
RULE = current_threshold(50e-12, "anodic")
UP, NEAR = 10e-6, 1.0e-6
"""Metres to which the tip is lifted, and from which it comes down slowly."""
COLUMNS, PITCH, CORNER = 8, 11e-6, 10e-6
"""Places beside one another, enough for one rig: what is left behind at a place adds to the next
droplet there, which in the end is too large to come off."""
MEDIAN, LATE = 1.5, 3.0
"""Blocks that the median and 99 % of the latencies must not exceed."""
COMPANY = 1.2
"""Times by which company may lengthen the median."""


@dataclass
class Latencies:
    """Seconds from the crossing to the end of the output, as the card and the driver have it."""

    block: float
    true: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    """Output samples after the contact."""
    missed: int = 0
    """Approaches that ended without a contact that the driver saw."""

    def blocks(self, share: float) -> float:
        """Return a quantile of the true latencies in blocks."""
        return float(np.quantile(self.true, share)) / self.block


def main(approaches: int = APPROACHES) -> None:
    """Measure every way to stop."""
    say(f"{approaches} approaches alone and as many in company; {os.cpu_count()} processors")
    for block in (10e-3, 2.5e-3):
        software(block, approaches)
    hardware_stop(min(50, approaches))


def software(block: float, approaches: int) -> None:
    """Measure the streamed stop, alone and in company, turn by turn."""
    alone, drawing = Latencies(block), Latencies(block)
    frames = 0
    for _ in range(0, approaches, TURN):
        with rig_on_the_wall({"kind": "streamed", "block": f"{block * 1e3:g} ms"}) as rig:
            stream, height = begin(rig)
            height = descend(stream, alone, TURN, height)
            with company(stream) as drawn:
                descend(stream, drawing, TURN, height)
            frames += drawn[0]
    say(f"\nstreamed, blocks of {block * 1e3:g} ms (load average {os.getloadavg()[0]:.1f})")
    report("alone", alone)
    report(f"beside {frames} plots", drawing)
    ratio = drawing.blocks(0.5) / alone.blocks(0.5)
    say(f"  company lengthens the median by a factor of {against(ratio, COMPANY)}")


def hardware_stop(approaches: int) -> None:
    """Measure the freeze by the card's comparator."""
    found = Latencies(10e-3)
    with rig_on_the_wall({"kind": "hardware"}) as rig:
        stream, height = begin(rig)
        descend(stream, found, approaches, height)
        period = 1.0 / rig.bench.outputs.rate
    stored = [latency / period - 1.0 for latency in found.stored]
    say(f"\nhardware freeze (load average {os.getloadavg()[0]:.1f})")
    say(
        f"  overtravel in {len(found.updates)} landings: at most {max(found.updates)} output "
        f"samples, stored at most {max(stored):.2f}   (target 1)"
    )


def report(name: str, found: Latencies) -> None:
    """Print the figures of one condition beside their targets."""
    off = 1e6 * np.abs(np.subtract(found.true, found.stored)).max()
    worst = max(found.true)
    say(
        f"  {name}: median {against(found.blocks(0.5), MEDIAN)} blocks, 99 % "
        f"{against(found.blocks(0.99), LATE)}, worst {worst * 1e3:.1f} ms, "
        f"{worst * 2e-6 * 1e9:.0f} nm at 2 um/s"
    )
    say(
        f"    {len(found.true)} landings, {found.missed} without; card and driver differ by "
        f"{off:.0f} us at most"
    )


def against(value: float, target: float) -> str:
    """Return a figure beside its target, and whether it missed it."""
    return f"{value:.2f} (target {target:g}{', MISSED' if value > target else ''})"


@contextmanager
def rig_on_the_wall(stop: dict[str, str]) -> Iterator[NidaqRig]:
    """A rig whose card lives on the wall clock, above a flat resistor."""
    world = {**SMOOTH, "stage": {"start_z": "60 um"}, "meniscus": {"pendant_scatter": 0.0}}
    rig = hardware.ni.open_rig(
        rig_table(stop | {"priority": "high"}, world),
        Mounted("dummy-resistor", 6e-6),
        seed=1,
        pace=1.0,
    )
    assert isinstance(rig, NidaqRig)
    try:
        yield rig
    finally:
        rig.safe("benchmark over")
        rig.close()


def begin(rig: NidaqRig) -> tuple[Stream, float]:
    """Switch the potential on and find the surface; return its height."""
    rig.open()
    gc.freeze()  # As the runner does.
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.1)
    aside(stream, 0)
    return stream, descend(stream, Latencies(1.0), 1, 53e-6)


def descend(stream: Stream, found: Latencies, times: int, height: float) -> float:
    """Come down some times; return the height of the last contact."""
    rig = stream.rig
    assert isinstance(rig, NidaqRig)
    phases = random.Random(times)
    for _ in range(times):
        go(stream, height + NEAR + phases.uniform(0.0, 0.2e-6))
        stream.rest(0.03)
        landings = len(rig.bench.plugged.truth.landings)
        rig.apply(Move("z", height - 3e-6, SPEED, until=RULE))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING, 10.0)
        stream.rest(0.03)
        if len(rig.bench.plugged.truth.landings) == landings or not stream.records:
            found.missed += 1
            continue
        note(rig, stream, found)
        height = float(rig.bench.plugged.height)
        go(stream, height + UP)
        aside(stream, landings + 1)
        stream.blocks = stream.blocks[-1:]
    return height


def aside(stream: Stream, number: int) -> None:
    """Travel to the next place of a grid, to and fro along its rows."""
    row, column = divmod(number % (COLUMNS * COLUMNS), COLUMNS)
    column = COLUMNS - 1 - column if row % 2 else column
    stream.rig.apply(Move("x", CORNER + PITCH * column, FAST))
    stream.rig.apply(Move("y", CORNER + PITCH * row, FAST))
    arrive(stream)


def go(stream: Stream, z: float) -> None:
    """Move and wait until it is done."""
    stream.rig.apply(Move("z", z, FAST))
    arrive(stream)


def arrive(stream: Stream) -> None:
    """Read until what was applied is done."""
    stream.read()
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING)


def note(rig: NidaqRig, stream: Stream, found: Latencies) -> None:
    """Compare what the card did with what the driver stored for the newest landing."""
    card, touch = rig.bench.plugged.card, rig.bench.plugged.truth.landings[-1].t * 1e8
    sampling = next(iter(card.samplings.values()))
    # The first raw sample at or after the contact.
    crossing = sampling.began - (sampling.began - touch) // sampling.period * sampling.period
    period = 1e8 / rig.bench.outputs.rate
    end = card.pins.updated + period
    found.true.append((end - crossing) / 1e8)
    found.updates.append(round((card.pins.updated - touch) // period) + 1)
    record = stream.records[-1]
    assert record.crossing is not None
    assert record.stopped is not None
    found.stored.append((record.stopped - record.crossing) / rig.info.clock.rate)


@contextmanager
def company(stream: Stream) -> Iterator[list[int]]:
    """Have plots drawn beside; the list then holds how many. The stream is read meanwhile."""
    drawn: list[int] = []
    painter = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("painter.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert painter.stdout is not None
    assert painter.stdin is not None
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    listening = threading.Thread(target=lambda: deque(map(lines.put, painter.stdout or ())))
    listening.start()
    try:
        read_until(stream, lambda: not lines.empty() or painter.poll() is not None)
        lines.get(timeout=1.0)
        yield drawn
    finally:
        painter.stdin.close()
        read_until(stream, lambda: painter.poll() is not None)
        listening.join()
        painter.stdout.close()
    drawn.append(int(lines.get(timeout=1.0)))


def read_until(stream: Stream, done: Callable[[], bool]) -> None:
    """Read on while something else is waited for."""
    while not done():
        stream.read()
    stream.rest(0.2)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
