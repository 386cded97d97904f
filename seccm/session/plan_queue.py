"""Plans that run one after the other, over night; the list can be changed meanwhile.

The list is a file in the folder of what a user keeps. Each change reads it, changes it and puts it
back as a whole, under a lock, so that two programs never lose each other's changes. One program
runs the list; the system drops its lock with it, so that a list whose program was killed is known,
and can be gone on with.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from seccm.data import guard, open_scan
from seccm.errors import PlanError, Problem, SeccmError
from seccm.own_folder import own_folder

State = Literal["waiting", "running", "complete", "stopped", "refused", "failed"]
STATES: tuple[State, ...] = get_args(State)
ENDS: dict[int, State] = {0: "complete", 1: "stopped", 2: "refused", 3: "failed"}
"""How a run ended, by the exit code of `seccm run`."""
_ENDS_OF_FILES: Mapping[str, State] = {"complete": "complete", "fault": "failed"}
PATIENCE = 10.0
"""Seconds after which a lock is taken for one that a dead program has left."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One plan in the list."""

    number: int
    plan: str
    """A file by its whole path, or a name."""
    rig: str
    output: str
    """The data file."""
    state: State = "waiting"


def entries() -> tuple[Entry, ...]:
    """Return the list, in the order in which it is run.

    Raises:
        SeccmError: it cannot be read.
    """
    path = own_folder("queue.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, list):
            raise ValueError("it is not a list")
        return _sensible(tuple(Entry(**one) for one in found))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SeccmError(f"{path} cannot be read: {error}. Remove it to start again.") from None


def _sensible(known: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return entries as they are.

    Raises:
        ValueError: one of them is none, or two have one number.
    """
    for place, one in enumerate(known, 1):
        if type(one.number) is not int or one.number < 1:
            raise ValueError(f"entry {place} has no number")
        for name in ("plan", "rig", "output", "state"):
            if not isinstance(getattr(one, name), str):
                raise ValueError(f"{name} of entry {place} is not a text")
        if one.state not in STATES:
            raise ValueError(
                f"entry {place} is {one.state!r}, which is none of {', '.join(STATES)}"
            )
    if len({one.number for one in known}) < len(known):
        raise ValueError("two entries have the same number")
    return known


def add(plan: str, rig: str, output: str) -> Entry:
    """Put a plan at the end of the list.

    Args:
        plan: a file, or a name.
        rig: a file, or a name.
        output: the data file; it may not be there, nor in the list.

    Raises:
        PlanError: the data file is there, or in the list.
    """
    named = str(Path(output).absolute())
    with _changing() as known:
        taken = any(one.output == named for one in known)
        if taken or os.path.exists(named):
            where = "in the list" if taken else "there"
            remedy = "Choose another one; nothing is ever overwritten."
            raise PlanError(named, [Problem("output", f"is {where} already.", remedy)])
        number = 1 + max((one.number for one in known), default=0)
        made = Entry(number, _whole(plan), _whole(rig), named)
        known.append(made)
    return made


def remove(number: int) -> None:
    """Take an entry out that does not run.

    Raises:
        PlanError: there is none of this number, or it runs.
    """
    with _changing() as known:
        entry = _entry(known, number)
        if entry.state == "running" and is_run():
            remedy = "End the run itself: seccm ask stop"
            raise PlanError("queue", [Problem(str(number), "is running.", remedy)])
        known.remove(entry)


def move(number: int, place: int) -> None:
    """Put an entry at another place, counted from 1.

    Raises:
        PlanError: there is none of this number.
    """
    with _changing() as known:
        entry = _entry(known, number)
        known.remove(entry)
        known.insert(max(0, place - 1), entry)


def run_all(run: Callable[[Entry], int], *, go_on: bool) -> tuple[Entry, ...]:
    """Run what waits, one after the other, until nothing waits any more.

    The list is read again before each run, so that what was added or moved meanwhile counts.

    Args:
        run: runs one entry; returns the exit code of `seccm run`.
        go_on: whether a plan that is refused and a rig that fails let the next one run. A run that
            somebody has stopped always ends the queue.

    Returns:
        What ran, with how it ended.

    Raises:
        SeccmError: another program runs the list.
    """
    ended: list[Entry] = []
    with _alone():
        hold(on=False)
        while not held() and (entry := _begin()) is not None:
            try:
                code = run(entry)
            except BaseException:
                _mark(entry.number, "stopped")
                raise
            ended.append(replace(entry, state=ENDS.get(code, "failed")))
            _mark(entry.number, ended[-1].state)
            if code == 1 or (code != 0 and not go_on):
                break
    return tuple(ended)


def hold(*, on: bool = True) -> None:
    """Have the list end after the run that goes on now, or not so.

    Raises:
        SeccmError: that cannot be written.
    """
    path = own_folder("queue.hold")
    with _written(path):
        if on:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.unlink(missing_ok=True)


def held() -> bool:
    """Tell whether the list ends after the run that goes on now."""
    return own_folder("queue.hold").exists()


def is_run() -> bool:
    """Tell whether a program runs the list."""
    path = own_folder("queue.runner")
    with suppress(OSError):
        return path.exists() and guard.is_held(path)
    return False


def clear() -> None:
    """Take every entry out that is over."""
    with _changing() as known:
        known[:] = [one for one in known if one.state in ("waiting", "running")]


@contextmanager
def _alone() -> Iterator[None]:
    """Be the only program that runs the list; what a killed one was at is marked as it ended.

    Raises:
        SeccmError: another program runs it.
    """
    path = own_folder("queue.runner")
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_run():
            raise SeccmError("Another program runs the queue. See: seccm queue list")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        guard.hold(descriptor)
        with _changing() as known:
            known[:] = [
                replace(one, state=_ended(one)) if one.state == "running" else one for one in known
            ]
        yield
    finally:
        os.close(descriptor)


def _ended(entry: Entry) -> State:
    """Return how a run ended whose queue was killed: the run itself may have gone on to its end."""
    with suppress(SeccmError, OSError), open_scan(Path(entry.output)) as scan:
        return _ENDS_OF_FILES.get(scan.state, "stopped")
    return "stopped"


def _begin() -> Entry | None:
    """Return the next entry that waits, which now runs; None if nothing waits."""
    with _changing() as known:
        for place, entry in enumerate(known):
            if entry.state == "waiting":
                known[place] = replace(entry, state="running")
                return known[place]
    return None


def _mark(number: int, state: State) -> None:
    with _changing() as known:
        known[:] = [replace(one, state=state) if one.number == number else one for one in known]


def _entry(known: list[Entry], number: int) -> Entry:
    found = next((one for one in known if one.number == number), None)
    if found is None:
        raise PlanError("queue", [Problem(str(number), "is not in the list.", "seccm queue list")])
    return found


def _whole(name: str) -> str:
    """Return a name as it is, and a file by its whole path: the queue may run elsewhere."""
    return str(Path(name).absolute()) if os.path.exists(name) else name


@contextmanager
def _changing() -> Iterator[list[Entry]]:
    """Lend the list, and write what became of it."""
    path = own_folder("queue.json")
    lock = path.with_suffix(".lock")
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _lock(lock)
    try:
        known = list(entries())
        yield known
        new = path.with_suffix(".new")
        with _written(path):
            new.write_text(json.dumps([asdict(one) for one in known], indent=1), encoding="utf-8")
            os.replace(new, path)
    finally:
        with suppress(OSError):
            lock.unlink()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Say in a sentence what keeps the list from being written."""
    try:
        yield
    except OSError as error:
        raise SeccmError(f"{path} cannot be written: {error}. The list is as it was.") from None


def _lock(lock: Path) -> None:
    """Wait until nobody else changes the list.

    Raises:
        PermissionError: no file can be made there, and not because somebody else just removes one.
    """
    began = time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            return
        except (FileExistsError, PermissionError) as error:
            waited = time.monotonic() - began > PATIENCE
            if isinstance(error, PermissionError) and waited:
                raise
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > PATIENCE:
                    lock.unlink()
            time.sleep(0.02)
