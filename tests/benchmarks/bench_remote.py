"""What it costs to be watched: polls, the latency of the rig's thread, and windows that die.

`python tests/benchmarks/bench_remote.py [turns | kills]` prints, for a paced scan, the same beside
two busy processes, and one at full speed: what a poll takes, and how long the rig's thread needs
from a block that has come until it asks for the next one, the contact's stop included, with no
client, with one, and with three. Then it kills the windows of scans, 20 in all.

The rig's thread is timed by a rig that notes when it is asked and when it answers; both cases
are taken in turns in one run, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from children import CHILDREN
from remote_hosts import idle, over, own_runtime, start_and_watch, watch, window
from small_scan import small_scan

import seccm
from seccm import session
from seccm.events import Outcome
from seccm.remote import Client, Job
from seccm.rig import Action, Block, Freeze, Rig
from seccm.rigs import build_rig

KILLS = 20


def say(words: str) -> None:
    """Write a line of results."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def percentiles(seconds: list[float] | np.ndarray) -> str:
    """Return the middle and the tail of some durations, in milliseconds."""
    values = 1e3 * np.asarray(seconds)
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return f"p50 {p50:.3f}, p95 {p95:.3f}, p99 {p99:.3f} ms (n = {len(values)})"


def timed(log: str) -> None:
    """Make every rig built from now on note how long the engine took.

    For each turn, from a block that has come until the next one is asked for, into `log`; and from
    a block that shows a contact until the stage is told to stand still, into `log` + ".stops".
    """

    def building(*args: object, **options: object) -> Rig:
        rig: Rig = build_rig(*args, **options)  # type: ignore[arg-type]
        read, apply = rig.read, rig.apply
        turns: list[float] = []
        stops: list[float] = []
        answered = 0.0

        def reading() -> Block:
            nonlocal answered
            if answered:
                turns.append(time.perf_counter() - answered)
            block = read()
            answered = time.perf_counter()
            return block

        def applying(action: Action) -> None:
            if isinstance(action, Freeze):
                stops.append(time.perf_counter() - answered)
            apply(action)

        rig.read, rig.apply = reading, applying  # type: ignore[method-assign]
        close = rig.close

        def closing() -> None:
            np.array(turns).tofile(log)
            np.array(stops).tofile(f"{log}.stops")
            close()

        rig.close = closing  # type: ignore[method-assign]
        return rig

    session.making.build_rig = building  # type: ignore[assignment]


def headless(log: str, path: str, pace: float) -> None:
    """Run a scan with nobody watching."""
    timed(log)
    sys.setswitchinterval(0.0005)
    for _ in seccm.run(small_scan(), path=path, seed=3, pace=pace):
        pass


def hosted(log: str, name: str, linger: float) -> None:
    """Be a host whose rigs are timed."""
    from seccm.remote.host.process import main

    timed(log)
    main(name, linger)


def busy() -> None:
    """Use up a core."""
    while True:
        sum(range(10_000))


def watched(log: str, path: str, pace: float, clients: int) -> list[float]:
    """Run a scan in a host, polled by clients at 30 Hz; return what each poll took."""
    from seccm.remote.channel.endpoint import Endpoint

    endpoint = Endpoint.named("bench")
    endpoint.create()
    host = CHILDREN.Process(target=hosted, args=(log, "bench", 0.0))
    host.start()
    while endpoint.facts is None:
        time.sleep(0.01)
    many = [Client.attach("bench")]
    many[0].wait(lambda news: news.in_control)
    many += [Client.attach("bench") for _ in range(clients - 1)]
    many[0].begin(Job.new(small_scan(), path=path, seed=3, pace=pace))
    polls: list[float] = []
    ended = False
    while not ended:
        for client in many:
            begun = time.perf_counter()
            news = client.poll()
            polls.append(time.perf_counter() - begun)
            ended |= over(news)
        time.sleep(1.0 / 30.0)
    many[0].wait(idle)
    for client in many:
        client.close()
    host.join()
    return polls


def compare(folder: Path, pace: float, rounds: int, loads: int) -> None:
    """Compare the turns of the rig's thread with and without clients, in turns."""
    turns: dict[str, list[np.ndarray]] = {"headless": [], "1 client": [], "3 clients": []}
    polls: list[float] = []
    others = [multiprocessing.get_context("spawn").Process(target=busy) for _ in range(loads)]
    for other in others:
        other.start()
    try:
        for round_ in range(rounds):
            for name, found in turns.items():
                log = folder / f"{name}-{round_}-{pace}-{loads}.f8"
                path = str(log.with_suffix(".h5"))
                if name == "headless":
                    child = CHILDREN.Process(target=headless, args=(str(log), path, pace))
                    child.start()
                    child.join()
                else:
                    polls += watched(str(log), path, pace, int(name[0]))
                found.append(np.fromfile(log))
    finally:
        for other in others:
            other.kill()
            other.join()
    say(f"\npace {pace:g}, {loads} busy processes, {rounds} scans of each kind, taken in turns")
    base = None
    for name, found in turns.items():
        all_turns = np.concatenate(found)
        medians = statistics.median(float(np.median(f)) for f in found)
        means = float(np.mean(all_turns))
        base = base or (medians, means)
        say(
            f"  a turn of the engine, {name}: {percentiles(all_turns)}; median x "
            f"{medians / base[0]:.2f}, mean x {means / base[1]:.2f}"
        )
    say(f"  a poll: {percentiles(polls)}")


def kill_windows(folder: Path) -> None:
    """Kill the window of a scan 20 times, at random moments; every file must be whole."""
    chance = random.Random(0)
    whole = kills = 0
    scans = 5
    for number in range(scans):
        path = folder / f"killed-{number}.h5"
        with window(start_and_watch, str(path), 10.0) as first:
            while not any(host.path for host in Client.find()):
                time.sleep(0.01)
            first.join(chance.uniform(0.0, 1.0))
        kills += 1
        while kills < (number + 1) * KILLS // scans:
            with window(watch) as another:
                another.join(chance.uniform(0.0, 1.0))
            kills += 1
        with Client.attach() as client:
            client.wait(idle)
            client.quit()
            while client.poll().link == "live":
                time.sleep(0.01)
        with seccm.open(path) as scan:
            ok = (scan.sites["status"] == Outcome.OK).all()
            whole += scan.state == "complete" and scan.packed and bool(ok)
    say(f"\n{kills} windows killed: {whole} of {scans} scans complete, every site checked")


def main(what: str) -> None:
    """Measure what is wanted, in a folder that is removed."""
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    CHILDREN.set_forkserver_preload(["remote_hosts"])
    with tempfile.TemporaryDirectory() as name, own_runtime():
        folder = Path(name)
        if what != "kills":
            compare(folder, 10.0, 3, 0)
            compare(folder, 10.0, 3, 2)
            compare(folder, 0.0, 5, 0)
        if what != "turns":
            kill_windows(folder)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
