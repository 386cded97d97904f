"""`seccm rig power-up`, `bench` and `stops`: what is started, looked at and measured on a bench."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from seccm.cli.exits import Exit, sentences
from seccm.cli.interruption import Interruptible
from seccm.cli.printing import out, say
from seccm.cli.rig_commands import (
    APERTURE,
    DUMMY,
    OutputOption,
    RigArgument,
    SeedOption,
    WriteOption,
    YesOption,
    carry_out,
    finish,
    said_yes,
    usable,
)

if TYPE_CHECKING:
    from seccm.commissioning.bench import BenchRecord, BenchTest
    from seccm.rigs import RigFile


def power_up(
    rig: RigArgument,
    yes: YesOption = False,
) -> None:
    """Start the program on an FPGA target. THIS MOVES THE STAGE AT ONCE.

    It says what will move, and asks. A target that runs is attached to by every other command,
    without motion.
    """
    signals = Interruptible()
    with sentences(), usable(signals):
        file, tables = _loaded(rig)
        start = _found("seccm.power_up", file)
        carry_out(lambda confirm: start(tables, file.source, confirm), signals, yes=yes)


def stops(
    rig: RigArgument,
    speed: Annotated[str, typer.Option("--speed", help="Of your approach.")] = "1 um/s",
    count: Annotated[int, typer.Option("--count", min=2, max=1000, help="How many stops.")] = 10,
    output: OutputOption = None,
    seed: SeedOption = 0,
    write: WriteOption = True,
    yes: YesOption = False,
) -> None:
    r"""Measure how soon the stage stops after the order. THIS MOVES THE TIP.

    The tip goes down a little and is stopped, again and again, far above the sample. A stage with a
    controller of its own is believed only as measured: write what is found into the table
    \[controller.stop] of the rig file.
    """
    from seccm.commissioning.settings import Setting, read_settings
    from seccm.commissioning.stops import WAY, finding_of, measured_stops
    from seccm.conductor.conductor import Conductor
    from seccm.rig import Mounted
    from seccm.rigs import build_rig, load_rig
    from seccm.units import show

    signals = Interruptible()
    with sentences(), usable(signals):
        asked = (Setting("speed", "speed of the approach", "m/s", "1 um/s"),)
        fast = read_settings(asked, {"speed": speed}, "--")["speed"]
        file = load_rig(rig, calibrated=False)
        down = show(2.0 * WAY * fast, "m")
        statement = (
            f"The tip goes down by up to {down} at {show(fast, 'm/s')} and up again, {count} "
            "times. It must be far above the sample; nothing looks for a contact."
        )
        if not said_yes(statement, signals, "Is it?", yes=yes):
            raise typer.Exit(Exit.STOPPED)
        built = build_rig(file, Mounted(DUMMY, APERTURE), seed=seed, commissioning=True)
        conductor = Conductor(built, show=signals.look)
        with signals.deferring():
            found, info = measured_stops(conductor, speed=fast, count=count)
        finish(finding_of(found, fast, file.config), info, file, output, write=write)


def bench(
    rig: RigArgument,
    test: Annotated[str, typer.Option("--test", help="One test only, by its name or number.")] = "",
    answer: Annotated[
        str, typer.Option("--answer", help="What was seen, without asking: a key of the test.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Kept with the answer.")] = "",
    show: Annotated[bool, typer.Option("--list", help="Only say what is recorded.")] = False,
) -> None:
    """Go through the tests that nobody can do without hardware; keep what was seen, dated.

    Amplifier off, tip far away. Each test says what to do and what to look at, and asks what you
    saw. A rig whose tests for safety are not recorded and passed cannot be run.
    """
    from seccm.commissioning.bench import read_record

    signals = Interruptible()
    with sentences(), usable(signals):
        file, tables = _loaded(rig)
        tests, path, device = _found("seccm.bench", file)(tables, file.source)
        record = read_record(path, device)
        if show:
            _list(tests, record)
            return
        chosen = _chosen(tests, test)
        if not test and not said_yes(_WARNING, signals, "Is this so?"):
            raise typer.Exit(Exit.STOPPED)
        for number, one in chosen:
            record = _go_through(number, one, record, file, tables, signals, answer, note)
            record.write(path)
        say("Record: ", (str(path), "bold"))
        _list(tests, record)


_WARNING = "The amplifier is off, and the tip is far away from everything."


def _loaded(rig: str) -> tuple[RigFile, Mapping[str, Any]]:
    from seccm.rigs import BESIDE, load_rig

    file = load_rig(rig, calibrated=False)
    return file, {key: value for key, value in file.config.items() if key not in BESIDE}


def _found(group: str, file: RigFile) -> Callable[..., Any]:
    """Return what a kind of rig has for a command.

    Raises:
        PlanError: nothing.
    """
    from seccm.errors import PlanError, Problem
    from seccm.installed import entry_points

    kinds = {point.name: point for point in entry_points(group=group)}
    kind = file.config.get("kind")
    if kind not in kinds:
        what = f"{kind!r} has nothing of this sort."
        remedy = f"It is for: {', '.join(sorted(kinds)) or 'no kind of rig'}."
        raise PlanError(file.source, [Problem("kind", what, remedy)])
    found: Callable[..., Any] = kinds[kind].load()
    return found


def _chosen(tests: Sequence[BenchTest], wanted: str) -> list[tuple[int, BenchTest]]:
    numbered = list(enumerate(tests, start=1))
    if not wanted:
        return numbered
    found = [(n, one) for n, one in numbered if wanted in (one.name, str(n))]
    if not found:
        known = ", ".join(one.name for one in tests)
        raise ValueError(f"{wanted!r} is not a test; there are: {known}")
    return found


def _go_through(
    number: int,
    test: BenchTest,
    record: BenchRecord,
    file: RigFile,
    tables: Mapping[str, Any],
    signals: Interruptible,
    answer: str,
    note: str,
) -> BenchRecord:
    """Lead through one test; return the record with what was seen."""
    from seccm.commissioning.bench import seen_now

    say((f"{number} {test.title}", "bold"), f"  ({test.name}{', safety' if test.safety else ''})")
    for words in (f"Do: {test.do}", f"Look at: {test.look}"):
        out.print(Text(f"  {words}"), soft_wrap=True)
    measured = ""
    if test.measured is not None:
        asked = f"  The program now does its part{f'; {test.moves} moves' if test.moves else ''}."
        if answer or said_yes(asked, signals):
            with signals.deferring():
                measured = test.measured(tables, file.source)
            out.print(Text(f"  {measured}"), soft_wrap=True)
    for one in test.answers:
        out.print(Text(f"    {one.key}: {one.words}"), soft_wrap=True)
    key = answer
    with signals.at_once():
        key = key or typer.prompt("What did you see? (empty: not now)", default="")
    if not key:
        return record
    found = test.answer(key.strip())
    if found is None:
        known = ", ".join(one.key for one in test.answers)
        raise ValueError(f"{key!r} is not an answer to {test.name}; there are: {known}")
    now = datetime.now().astimezone()
    return record.with_answer(test, seen_now(test, found, measured, note, now))


def _list(tests: Sequence[BenchTest], record: BenchRecord) -> None:
    for number, test in enumerate(tests, start=1):
        seen = record.seen.get(test.name)
        said = "not recorded" if seen is None else f"{seen.words} ({seen.made[:10]})"
        safe = seen is not None and seen.safe
        style = "green" if safe else "bold red" if test.safety else "yellow"
        say((f"  {number} {test.name}: {said}", style))
    missing = record.missing(tests)
    if missing:
        say((f"{len(missing)} tests for safety are missing: no run on this target.", "bold red"))
    else:
        say(("All tests for safety are recorded and passed.", "green"))
