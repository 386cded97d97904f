"""Recording 100 kS/s x 8 channels raw: what it costs, and how it compares with a CSV writer.

    python tests/benchmarks raw [--minutes 10] [--stop stepped]

First a scan of a minute (or as long as asked) on the NI driver, on the stand-in for its C library
at the pace of the wall clock, every sample recorded. The stand-in lives in the same process, so
its calls are metered, by the CPU time of the thread that makes them, and taken off; a run of the
stand-in alone, called without driver or program, stands beside it as a check. Then the data file
and CSV writers are given the same samples as fast as they take them.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from nidaq_bench import rig_table  # noqa: E402
from scan_feeder import COLUMNS, HEADER, sites, visits  # noqa: E402
from small_scan import STEP, small_scan  # noqa: E402

import seccm  # noqa: E402
from hardware.ni.nidaq import NidaqRig  # noqa: E402
from seccm import session  # noqa: E402
from seccm.data import Store, finish  # noqa: E402
from seccm.events import Landed  # noqa: E402
from seccm.plan import Plan  # noqa: E402
from seccm.rig import Block, Clock, Mounted, RawChannel, RawSamples  # noqa: E402
from seccm.rigs import RigFile  # noqa: E402
from sim.daqmx.plugged import build  # noqa: E402

RATE, CHANNELS, BLOCK = 100_000, 8, 1000
WARM = 2.0
"""Seconds before the figures are taken."""


def say(words: str) -> None:
    """Write a line of results."""
    sys.stdout.write(f"  {words}\n")
    sys.stdout.flush()


def table(stop: str) -> dict[str, Any]:
    """Return the rig file of a card with eight inputs: where x has no sensor, its output stands.

    The horizon is the longest, because the machine may be shared: how soon a tip stops is another
    benchmark's business. Where the machine stands still for longer than that, a streamed scan
    ends, as it should; a stepped one goes on.
    """
    rig = rig_table({"horizon": "0.5 s", "kind": stop}, {"stage": {"start_z": "58 um"}})
    del rig["axes"]["x"]["sensor"]
    return rig


def small_plan(columns: int, rows: int, step: float = 0.3, *, raw: bool) -> Plan:
    """Return a screen with short steps, of so many seconds."""
    plan = small_scan(columns, rows, program=[{**STEP, "duration": f"{step} s"}])
    approach = plan.to_dict()["approach"] | {"overtravel": 3e-6}
    ways = {
        "travel": {"speed": "19 um/s", "settle": "25 ms"},
        "retract": {"distance": "8 um", "speed": "19 um/s"},
    }
    return plan.replace(approach=approach, record={"raw": raw}, **ways)


class Meter:
    """Adds up the CPU time that threads spend inside the functions of a stand-in."""

    def __init__(self, library: Any) -> None:
        self.seconds = 0.0
        for name, function in vars(library).items():
            if name.startswith("DAQmx"):
                function._call = self._metered(function._call)

    def _metered(self, call: Callable[[Any], int]) -> Callable[[Any], int]:
        def metered(arguments: Any) -> int:
            begun = time.thread_time()
            try:
                return call(arguments)
            finally:
                self.seconds += time.thread_time() - begun

        return metered


class Watch:
    """CPU times at one instant, in seconds: of all, of the store's thread, of the stand-in; MB."""

    def __init__(self, meter: Meter) -> None:
        self.wall = time.perf_counter()
        self.stand_in = meter.seconds
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.resident = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        self.all = time.process_time()
        self.store = sum(
            int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()[0]) / 1e9
            for thread in threading.enumerate()
            if thread.name == "store"
        )

    def since(self, before: Watch) -> dict[str, float]:
        """Return shares of one core, in percent."""
        wall = self.wall - before.wall
        whole, store, stand_in = (
            100.0 * (getattr(self, name) - getattr(before, name)) / wall
            for name in ("all", "store", "stand_in")
        )
        return {"stand-in": stand_in, "store": store, "rest": whole - store - stand_in}


@contextmanager
def opened_rigs() -> Iterator[list[NidaqRig]]:
    """Collect the rigs that sessions build."""
    rigs: list[NidaqRig] = []
    built = session.making.build_rig

    def building(*arguments: Any, **options: Any) -> Any:
        rig = built(*arguments, **options)
        rigs.append(rig)
        return rig

    session.making.build_rig = building
    try:
        yield rigs
    finally:
        session.making.build_rig = built


def scan(folder: Path, seconds: float, stop: str, *, raw: bool) -> None:
    """Run a scan for some seconds of the wall clock; say what it cost and whether all is there."""
    path, bench = folder / f"{'raw' if raw else 'rows'}.h5", RigFile("bench", table(stop))
    for _ in seccm.run(small_plan(1, 1, raw=raw), bench, path=folder / f"warm {raw}.h5"):
        pass  # Loads compiled code.
    # Long enough, whatever the ways between the sites take.
    plan = small_plan(9, 8, max(0.3, seconds / 72), raw=raw)
    before = after = None
    landings = 0
    with opened_rigs() as rigs:
        run = seccm.run(plan, bench, path=path, seed=1, pace=1.0)
        meter = Meter(rigs[0].bench.plugged.library)
        begun, asked = time.perf_counter(), False
        events = iter(run)

        def look(_: Block) -> None:
            nonlocal before, after, asked
            elapsed = time.perf_counter() - begun
            if before is None and elapsed >= WARM:
                before = Watch(meter)
            if after is None and elapsed >= WARM + seconds:
                after = Watch(meter)
            if after is not None and not asked:
                asked = True
                run.ask("stop")

        run.watch(look)
        for event in events:
            landings += isinstance(event, Landed)
    assert before is not None
    assert after is not None
    shares = after.since(before)
    kind = f"{stop}, {'raw' if raw else 'rows only'}"
    say(
        f"{kind}, {seconds:.0f} s, {landings} landings, of one core: driver, engine and runner "
        f"{shares['rest']:.1f} %, writing the file {shares['store']:.1f} %, "
        f"stand-in {shares['stand-in']:.1f} %; memory {after.resident:.0f} MB, "
        f"{after.resident - before.resident:+.0f} MB since"
    )
    with seccm.open(path) as found:
        rows = len(found._data["sample"])
        if not raw:
            return
        taken, pieces = found.raw_samples, len(found._data["raw_piece"])
        last = int(found._data["raw_piece_first"][-1] + found._data["raw_piece_size"][-1])
        say(
            f"of {last:,} samples of each of {len(found.raw_channels)} inputs, {last - taken} are "
            f"not in the file, which has them in {pieces} piece; its {rows:,} rows stand for "
            f"{rows * found.clock.spacing:,}"
        )


def stand_in_alone(seconds: float) -> None:
    """Call the stand-in as the driver does, with nothing around it."""
    plugged = build(
        {}, Mounted("li-on-au", 6e-6), seed=1, faults=(), pace=1.0, first_site=0, source="bench"
    )
    library = plugged.library
    task = ctypes.c_void_p()
    library.DAQmxCreateTask(b"", ctypes.byref(task))
    terminals = ["ai0", "ai1", "ai3", "ai4", *(f"_ao{k}_vs_aognd" for k in range(4))]
    for name in terminals:
        place = f"Dev1/{name}".encode()
        library.DAQmxCreateAIVoltageChan(task, place, b"", -1, -10.0, 10.0, 10348, None)
    library.DAQmxCfgSampClkTiming(task, b"", float(RATE), 10280, 10123, 10 * RATE)
    library.DAQmxStartTask(task)
    codes, got = np.empty((len(terminals), BLOCK), np.int16), ctypes.c_int32()

    def read() -> None:
        library.DAQmxReadBinaryI16(
            task, BLOCK, 2.0, 0, codes, codes.size, ctypes.pointer(got), None
        )

    for _ in range(int(WARM * RATE / BLOCK / 5)):
        read()
    wall, used = time.perf_counter(), time.process_time()
    for _ in range(int(seconds * RATE / BLOCK)):
        read()
    wall, used = time.perf_counter() - wall, time.process_time() - used
    say(f"baseline, the stand-in alone, at rest, {seconds:.0f} s: {100 * used / wall:.1f} %")


def compare(folder: Path, seconds: int) -> None:
    """Give the data file and two CSV writers the same samples."""
    channels = tuple(RawChannel(f"ai{k}", "V", (0.0, 3.2e-4, 0.0, 0.0)) for k in range(CHANNELS))
    rng = np.random.default_rng(1)
    some = rng.normal(0, 3.0, (CHANNELS, RATE)) + 8000 * np.sin(np.arange(RATE) / 3e4)
    codes = np.rint(some).astype(np.int16)
    clock = Clock()
    (visit,) = visits(1, steps=(int(seconds / clock.period), 10))
    path = folder / "fed.h5"
    store = Store(path, HEADER, sites(1), COLUMNS, clock, raw=channels)
    wall, sample, row = time.perf_counter(), 0, visit.start
    while sample < seconds * RATE:
        piece = codes[:, sample % RATE : sample % RATE + BLOCK]
        rows = visit.block(row, (sample + BLOCK) // clock.spacing)
        raw = (RawSamples(sample, piece),)
        store.record(Block(rows.start, rows.data, rows.flags, clock, None, raw))
        sample, row = sample + BLOCK, rows.stop
    store.close("stopped")
    ours = sample / (time.perf_counter() - wall)
    with seccm.open(path) as found:
        lost = sample - found.raw_samples
    say(
        f"data file, rows and raw beside them, closed and on the disk: {ours / 1e6:.2f} MS/s of "
        f"{CHANNELS} inputs, {ours / RATE:.0f} x the rate of the card; {lost} samples lost"
    )
    baselines = {"numpy.savetxt": _savetxt, "csv.writer": _csv}
    volts = (codes * 3.2e-4).T[: RATE // 4]
    for name, write in baselines.items():
        wall = time.perf_counter()
        write(folder / "baseline.csv", volts)
        theirs = len(volts) / (time.perf_counter() - wall)
        size = (folder / "baseline.csv").stat().st_size / volts.size
        say(
            f"baseline, {name}, never synced: {theirs / 1e6:.3f} MS/s, {size:.1f} bytes a number; "
            f"the data file takes {ours / theirs:.0f} x as many"
        )
    wall = time.perf_counter()
    report = finish(path)
    wall = time.perf_counter() - wall
    rate = report.size_before / wall / 1e6
    hour = 3600 * RATE * CHANNELS * 2 / (report.size_before / wall)
    part = report.size_after / report.size_before
    say(f"checked, compressed at {rate:.0f} MB/s to {part:.2f}: {hour:.0f} s for an hour of scan")


def _savetxt(path: Path, volts: Any) -> None:
    np.savetxt(path, volts, fmt="%.6g", delimiter=",")


def _csv(path: Path, volts: Any) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for start in range(0, len(volts), BLOCK):
            writer.writerows(volts[start : start + BLOCK].tolist())


def main() -> None:
    """Take every figure, in a folder that is removed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the scan is recorded")
    parser.add_argument("--stop", choices=("streamed", "stepped"), default="streamed")
    asked = parser.parse_args()
    seconds = 60.0 * asked.minutes
    with suppress(PermissionError):
        # What else runs on the machine is no part of the figures, and may not end the scan.
        os.nice(-15)
    with tempfile.TemporaryDirectory() as folder:
        scan(Path(folder), seconds, asked.stop, raw=True)
        scan(Path(folder), min(seconds, 30.0), asked.stop, raw=False)
        stand_in_alone(min(seconds, 20.0))
        compare(Path(folder), 60)


if __name__ == "__main__":
    main()
