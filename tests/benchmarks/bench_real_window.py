"""What a real window costs the engine, and what its death does.

`python tests/benchmarks/bench_real_window.py [turns | kills]`

Turns: a map of 100 x 100 sites at the pace of real time, in turns with nobody attached and with
a real window in a process of its own, every panel open. Inside the host, a rig notes how long
the engine takes from a block that has come until it asks for the next one, and how long from a
block that shows a contact until the stage is told to stand still. Kills: real windows are killed
with -9 at random moments, 20 in all; every scan must end complete and every file be whole.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from bench_remote import percentiles, say, timed
from children import CHILDREN
from remote_hosts import idle, own_runtime
from small_scan import small_scan

import seccm
from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.plan import Plan, load_plan
from seccm.remote import Client, Job
from seccm.remote.channel.endpoint import Endpoint

PROCESS = Path(__file__).parents[1] / "window_process.py"
SECONDS = 50.0
"""Of real time for each scan whose turns are measured."""
ROUNDS = 2
ALONE, WATCHED = "nobody attached", "a real window"
KILLS, SCANS = 20, 5


@contextmanager
def real_window(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Open a real window in a process of its own, and kill it with -9 in the end."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(PROCESS), *map(str, arguments)]
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, env=environment, cwd=folder, stdout=quiet, stderr=quiet)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def large() -> Plan:
    """Return a plan of 100 x 100 sites, of which some are visited, as fast as it may be."""
    return small_scan(
        factors={"j": ["-1 mA/cm^2"]},
        design={},
        probe={"aperture": "6 um", "footprint": {"area": "68.4 um^2", "basis": "nominal"}},
        sites={
            "kind": "grid",
            "columns": 100,
            "rows": 100,
            "pitch": "0.8 um",
            "origin": ["5 um", "5 um"],
            "allow_overlap": True,
        },
        retract={"distance": "5.2 um", "speed": "50 um/s"},
        approach={**load_plan("li-on-au-combinatorial").to_dict()["approach"], "speed": "5 um/s"},
    )


def hosted(log: str, name: str) -> None:
    """Be a host whose rigs are timed."""
    from seccm.remote.host.process import main

    timed(log)
    main(name, 0.0)


def turns(folder: Path, watched: bool) -> tuple[np.ndarray, np.ndarray]:
    """Run a scan for a while in a host of its own.

    Returns:
        How long each turn took, and each stop on a contact, in seconds.
    """
    log, name = folder / f"{time.monotonic_ns()}.f8", f"bench{time.monotonic_ns()}"
    endpoint = Endpoint.named(name)
    endpoint.create()
    host = CHILDREN.Process(target=hosted, args=(str(log), name))
    host.start()
    while endpoint.facts is None:
        time.sleep(0.01)
    job = Job.new(large(), path=log.with_suffix(".h5"), seed=3, pace=1.0)
    with Client.attach(name) as client:
        client.wait(lambda news: news.in_control)
        client.begin(job)
        client.wait(lambda n: n.status is not None and n.status.state == "running", 120.0)
    if watched:
        with real_window(folder, "", "", 1.0, "everything"):
            wait_for_watchers(name)
            time.sleep(SECONDS)
            stop(name)
    else:
        time.sleep(SECONDS)
        stop(name)
    host.join()
    return np.fromfile(log), np.fromfile(f"{log}.stops")


def wait_for_watchers(name: str) -> None:
    """Wait until a window has attached, and has drawn for a moment."""
    with Client.attach(name) as client:
        client.wait(lambda n: n.progress is not None and n.progress.watchers > 1, 60.0)
    time.sleep(2.0)


def stop(name: str) -> None:
    """End a scan, whoever holds its controls."""
    with Client.attach(name) as client:
        client.wait(lambda news: news.progress is not None)
        client.take_control(force=True)
        client.ask("stop")
        client.wait(idle, 120.0)


def compare(folder: Path) -> None:
    """Compare the turns of the engine, and its contacts, with and without a real window."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {ALONE: [], WATCHED: []}
    for _ in range(ROUNDS):
        for name, each in found.items():
            each.append(turns(folder, name == WATCHED))
    say(f"pace 1, {ROUNDS} x {SECONDS:g} s of each kind in turns, map of 100 x 100, all panels")
    joined = {name: [np.concatenate(kind) for kind in zip(*each, strict=True)]
              for name, each in found.items()}  # fmt: skip
    for k, what in enumerate(("a turn of the engine", "from a contact to its stop")):
        alone = joined[ALONE][k]
        for name, kinds in joined.items():
            values = kinds[k]
            # The slowest thousandth are turns that wait for the disk, such as those of a landing.
            worst = [float(np.quantile(v, 0.999)) for v in (values, alone)]
            say(
                f"  {what}, {name}: {percentiles(values)}; median x "
                f"{np.median(values) / np.median(alone):.2f}, mean x "
                f"{values.mean() / alone.mean():.2f}, p99.9 {1e3 * worst[0]:.2f} ms x "
                f"{worst[0] / worst[1]:.2f}"
            )


def kill(folder: Path) -> None:
    """Kill real windows at random moments of scans."""
    chance = random.Random(7)
    kills = during = whole = 0
    plan = folder / "plan.toml"
    write_plan(plan)
    for number in range(SCANS):
        data = folder / f"killed-{number}.h5"
        with real_window(folder, plan, data, 3.0):
            while not any(host.path for host in Client.find()):
                time.sleep(0.02)
            time.sleep(chance.uniform(0.0, 2.0))
        kills += 1
        during += running(data)
        while kills < (number + 1) * KILLS // SCANS:
            with real_window(folder, "", "", 3.0):
                time.sleep(chance.uniform(0.5, 4.0))
                during += running(data)
            kills += 1
        if Client.find():
            with Client.attach() as client:
                client.wait(idle, 120.0)
                client.quit()
                while client.poll().link == "live":
                    time.sleep(0.02)
        with seccm.open(data) as scan:
            ok = bool((scan.sites["status"] == Outcome.OK).all())
            whole += scan.state == "complete" and scan.packed and ok
    say(
        f"{kills} real windows killed, {during} of them in mid-scan: {whole} of {SCANS} scans "
        "complete, every file whole"
    )


def running(data: Path) -> bool:
    """Tell whether a scan is going on."""
    try:
        with seccm.open(data) as scan:
            return scan.state == "running"
    except DataFileError:  # it is being laid out
        return True


def write_plan(path: Path) -> None:
    """Write a plan of sites that take some seconds at the pace of the benchmark."""
    from ui_windows import small_plan

    small_plan(path.parent, 4, 4).rename(path)


def main(what: str) -> None:
    """Measure what is wanted, in a folder that is removed."""
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    CHILDREN.set_forkserver_preload(["remote_hosts"])
    with tempfile.TemporaryDirectory() as name, own_runtime():
        if what != "kills":
            compare(Path(name))
        if what != "turns":
            kill(Path(name))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
