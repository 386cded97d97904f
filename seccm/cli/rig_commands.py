"""The commands that commission a rig: `seccm rig ...`; the work is in `seccm.commissioning`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from seccm.cli.exits import Exit, sentences, show_problems
from seccm.cli.interruption import Interruptible, Interruption
from seccm.cli.outlet import drain
from seccm.cli.printing import out, say
from seccm.words import SIMULATION

if TYPE_CHECKING:
    from seccm.commissioning.finding import Finding
    from seccm.commissioning.report import CommissioningReport
    from seccm.rig import RigInfo
    from seccm.rigs import RigFile

HELP = """Commission a rig: check, noise, test-resistor, capacitance, leads, bench, coarse-approach,
set-up-piezo, power-up, stops.

Only the last five move anything. The others open the rig, may apply a potential or current to
the cell, and close the rig. Each writes a dated JSON report, and its results into the
calibration file that the rig file names. Exit code 1: a limit was not met, the answer
was no, or Ctrl-C ended it.
"""
rig_app = typer.Typer(help=HELP, no_args_is_help=True)

RigArgument = Annotated[str, typer.Argument(help="A rig: a TOML file, or a shipped name.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The report file; by default its name has the time."),
]
WriteOption = Annotated[
    bool,
    typer.Option("--write/--no-write", help="Whether to add the results to the calibration file."),
]
SampleOption = Annotated[
    str, typer.Option("--sample", help="Virtual rigs: the dummy cell in place of a droplet.")
]
YesOption = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask whether tip and cell are as they must be: they are."),
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Virtual rigs: seed of all random numbers.")
]
DUMMY = "dummy-resistor"
APERTURE = 6e-6
"""Metres; a wired cell has no pipette, but a virtual rig asks for one."""
WET = ("wet-at-start",)
"""How a virtual rig is told that its dummy cell is connected; a real one ignores it."""


@rig_app.command()
def check(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    sample: SampleOption = DUMMY,
) -> None:
    """Show what a rig is, its wiring, its calibrations, and how far past contact it can stop."""
    _take_step("check", rig, output, {}, sample, 0, write=False, yes=False)


@rig_app.command()
def noise(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    seconds: Annotated[str, typer.Option("--seconds", help="Length of the record.")] = "10 s",
    approach: Annotated[str, typer.Option("--approach", help="Duration of one approach.")] = "5 s",
    probability: Annotated[
        float,
        typer.Option(
            "--probability",
            min=1e-12,
            max=0.5,
            help="Probability of a false contact in one approach.",
        ),
    ] = 1e-3,
    consecutive: Annotated[
        int,
        typer.Option(
            "--consecutive", min=1, help="Data points in succession that must show a contact."
        ),
    ] = 1,
    limit: Annotated[
        str, typer.Option("--limit", help="The threshold that you want to use.")
    ] = "5 pA",
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
    write: WriteOption = True,
    yes: YesOption = False,
) -> None:
    """Measure the zero-current noise and suggest a contact threshold. Nothing moves.

    Raise the tip or disconnect the cell first: all current counts as noise.
    """
    texts = {"seconds": seconds, "approach": approach, "limit": limit}
    texts |= {"probability": repr(probability), "consecutive": str(consecutive)}
    _take_step("noise", rig, output, texts, sample, seed, write=write, yes=yes)


@rig_app.command("test-resistor")
def resistor(
    ohms: Annotated[str, typer.Option("--ohms", help='The resistor, such as "1 Gohm".')],
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    largest: Annotated[
        str, typer.Option("--largest", help="Largest potential across the resistor.")
    ] = "1 V",
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, max=0.5, help="Tolerance of the gains.")
    ] = 0.02,
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
    write: WriteOption = True,
    yes: YesOption = False,
) -> None:
    """Find sign, gain and offset of the channels with a known resistor. Nothing moves.

    Put the resistor where the droplet would be, between pipette electrode and sample.
    """
    texts = {"ohms": ohms, "largest": largest, "tolerance": repr(tolerance)}
    _take_step("test-resistor", rig, output, texts, sample, seed, write=write, yes=yes)


@rig_app.command()
def capacitance(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    span: Annotated[
        str, typer.Option("--span", help="Largest potential to either side of zero.")
    ] = "0.5 V",
    rate: Annotated[str, typer.Option("--rate", help="Scan rate.")] = "2 V/s",
    cycles: Annotated[int, typer.Option("--cycles", min=2, help="Cycles of the triangle.")] = 10,
    limit: Annotated[
        str, typer.Option("--limit", help="Largest acceptable stray capacitance.")
    ] = "20 pF",
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
    write: WriteOption = True,
    yes: YesOption = False,
) -> None:
    """Measure stray capacitance and leak with a triangle of potential. Nothing moves.

    Tip up: what is measured is the leads, not a droplet.
    """
    texts = {"span": span, "rate": rate, "cycles": str(cycles), "limit": limit}
    _take_step("capacitance", rig, output, texts, sample, seed, write=write, yes=yes)


@rig_app.command()
def leads(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    ohms: Annotated[str, typer.Option("--ohms", help="The resistor.")] = "10 Mohm",
    amplitude: Annotated[
        str, typer.Option("--amplitude", help="Largest potential of the sines.")
    ] = "50 mV",
    highest: Annotated[str, typer.Option("--highest", help="Highest frequency.")] = "2 kHz",
    tolerance: Annotated[
        str, typer.Option("--tolerance", help="Largest error of the resistor that is left.")
    ] = "2 %",
    in_range: Annotated[
        str,
        typer.Option("--range", help='Of the current, such as "100 pA"; the usual one without it.'),
    ] = "0 A",
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
    write: WriteOption = True,
    yes: YesOption = False,
) -> None:
    """Measure what the electrometer does to fast signals, with sines on a known resistor.

    Put the resistor where the droplet would be; measure the capacitance before. Once for each range
    in which impedances are measured. Nothing moves.
    """
    texts = {"ohms": ohms, "amplitude": amplitude, "highest": highest, "tolerance": tolerance}
    texts |= {"range": in_range}
    _take_step("leads", rig, output, texts, sample, seed, write=write, yes=yes)


@rig_app.command("coarse-approach")
def coarse_approach(
    plan: Annotated[str, typer.Option("--plan", help="Whose approach is used.")],
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    tries: Annotated[int | None, typer.Option("--tries", help="Of the piezo; fewer.")] = None,
    most: Annotated[int | None, typer.Option("--most", help="Steps at once; fewer.")] = None,
    step: Annotated[
        str | None, typer.Option("--step", help='Longest of one step, such as "30 nm"; longer.')
    ] = None,
    farthest: Annotated[
        str | None,
        typer.Option(
            "--farthest", help="Total distance of the motor; only shorter than in the rig file."
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Network address of the motor's controller.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="TCP port of the motor's controller.")
    ] = None,
    axis: Annotated[int | None, typer.Option("--axis", help="Connector of the motor.")] = None,
    towards: Annotated[
        int | None, typer.Option("--towards", help="1 if positive steps go closer, else -1.")
    ] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Kind of motor.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before each motion.")] = False,
    seed: SeedOption = 0,
) -> None:
    r"""Bring the surface into reach of the piezo with the coarse motor. THIS MOVES THE TIP.

    The piezo comes down looking for contact and goes up all the way; only then the motor makes
    steps, over at most half of the way that was found free; and so on. What the motor is and may
    do stands in the table \[coarse] of the rig file; options may only narrow it.
    """
    from seccm.cli.coarse_motor import motor_table
    from seccm.commissioning.coarse_approach import finding_of
    from seccm.conductor.coarse import approach_coarsely
    from seccm.conductor.conductor import Conductor
    from seccm.plan import load_plan
    from seccm.rigs import build_rig, connect_coarse, load_rig
    from seccm.session import check as check_plan

    signals = Interruptible()
    with sentences(), usable(signals):
        loaded, file = load_plan(plan), load_rig(rig)
        info, problems = check_plan(loaded, file, lifts_first=True)
        show_problems(problems)
        if any(problem.severity == "error" for problem in problems):
            raise typer.Exit(Exit.WRONG_INPUT)
        given = {
            **{"tries": tries, "most": most, "step": step, "farthest": farthest, "host": host},
            **{"port": port, "axis": axis, "towards": towards, "stage": stage},
        }
        table = motor_table(file, info, given)

        def conductors() -> Conductor:
            return Conductor(build_rig(file, loaded.mounted, seed=seed), show=signals.look)

        motor = connect_coarse(table, signals.wait)
        try:
            say(f"Motor: {motor.identity()}")
            with signals.deferring():
                found = approach_coarsely(
                    conductors,
                    motor,
                    loaded,
                    tries=table.tries,
                    most=table.most,
                    farthest=table.farthest,
                    confirm=lambda text: said_yes(text, signals, yes=yes),
                )
        finally:
            motor.close()
        finish(finding_of(found), info, file, output, write=False)


@rig_app.command("set-up-piezo")
def set_up_piezo(
    rig: RigArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
) -> None:
    r"""Make a digital piezo controller follow the card, servo on. THIS CAN MOVE THE STAGE.

    What it is and how it is wired stands in the table \[piezo] of the rig file. Nothing is
    written to its permanent memory.
    """
    from seccm.installed import entry_points
    from seccm.rigs import BESIDE, load_rig

    signals = Interruptible()
    with sentences(), usable(signals):
        file = load_rig(rig, calibrated=False)
        [kind, *_] = entry_points(group="seccm.piezo")
        set_up = kind.load()
        config = {key: value for key, value in file.config.items() if key not in BESIDE}
        carry_out(lambda confirm: set_up(config, file.source, confirm), signals, yes=yes)


def _take_step(
    name: str,
    rig: str,
    output: Path | None,
    texts: Mapping[str, str],
    sample: str,
    seed: int,
    *,
    write: bool,
    yes: bool,
) -> None:
    """Carry out a step of commissioning; say, write and judge what it found."""
    from seccm.commissioning.readiness import to_confirm
    from seccm.commissioning.settings import read_settings
    from seccm.commissioning.steps import STEPS, carry_out
    from seccm.conductor.conductor import Conductor
    from seccm.rig import Mounted
    from seccm.rigs import build_rig, load_rig

    signals = Interruptible()
    with sentences(), usable(signals):
        step = STEPS[name]
        values = read_settings(step.settings, texts, "--")
        file = load_rig(rig, calibrated=False)
        statement = to_confirm(step.needs, file.config, file.source)
        confirmed = yes or not statement or said_yes(statement, signals, "Is this so?")
        mounted, faults = Mounted(sample, APERTURE), WET if step.wet else ()
        built = build_rig(file, mounted, seed=seed, faults=faults, commissioning=True)
        conductor = Conductor(built, show=signals.look)
        with signals.deferring():
            finding = carry_out(step, conductor, file.config, values, confirmed=confirmed)
        finish(finding, conductor.info, file, output, write=write)


def carry_out(
    work: Callable[[Callable[[str], bool]], str], signals: Interruptible, *, yes: bool
) -> None:
    """Do what asks before it begins, and print what came of it.

    Args:
        work: takes whom it asks, and returns what is to be said.
        signals: of Ctrl-C. Work that has begun is carried through: it takes a moment.
        yes: whether nobody is asked.

    Raises:
        typer.Exit: with code 1; the answer was no, or there was none, and nothing was done.
    """
    answers: list[bool] = []

    def confirm(text: str) -> bool:
        answers.append(said_yes(text, signals, yes=yes))
        return answers[-1]

    with signals.deferring():
        said = work(confirm)
        out.print(Text(said), soft_wrap=True)
    if not all(answers):
        raise typer.Exit(Exit.STOPPED)


def said_yes(
    text: str, signals: Interruptible, question: str = "Go on?", *, yes: bool = False
) -> bool:
    """Ask somebody; who is not there to answer has not said yes."""
    out.print(Text(text), soft_wrap=True)
    drain()
    with signals.at_once():
        try:
            return yes or typer.confirm(question, default=False)
        except typer.Abort:
            signals.check()  # which the prompt takes for a refusal
            say("No answer. With --yes nothing is asked.")
            return False


@contextmanager
def usable(signals: Interruptible) -> Iterator[None]:
    """Turn a measurement that cannot be judged, or was cut short, into a sentence and code 1."""
    try:
        with signals.listening():
            yield
    except ValueError as error:
        say(("Not judged: ", "bold red"), f"{error}.")
        raise typer.Exit(Exit.STOPPED) from None
    except Interruption as ended:
        notes = " ".join(getattr(ended, "__notes__", ())) or "The rig had not been opened."
        said = f"{ended}: {notes} No report was written."
        say(("Interrupted ", "bold yellow"), said)
        raise typer.Exit(Exit.STOPPED) from None


def finish(
    finding: Finding, info: RigInfo, file: RigFile, output: Path | None, *, write: bool
) -> None:
    """Say what was found, write it down, and leave with code 1 if a limit was not met."""
    from seccm.commissioning import coarse_approach, stops
    from seccm.commissioning.keeping import keep, report_of
    from seccm.commissioning.report import default_name
    from seccm.commissioning.standing import doubts, standings

    made = datetime.now().astimezone()
    path = output if output is not None else Path(default_name(finding.procedure, info, made))
    report = report_of(finding, info, file.source, made, path)
    _show(report)
    if finding.procedure == "check":
        for standing in standings(file.config, made, info.device):
            say(f"  Calibrated: {standing}")
        show_problems(doubts(file.config, made, info.device))
    report.write(path)
    say("Report: ", (str(path), "bold"))
    kept = keep(finding, info, file.config, made, path) if write else None
    if kept is not None:
        say("Added to the calibration: ", (str(kept), "bold"))
    elif finding.tables:
        _show_tables(report.calibration)
    if finding.procedure not in (coarse_approach.PROCEDURE, stops.PROCEDURE):
        out.print("Nothing moved.")
    if not finding.passed:
        raise typer.Exit(Exit.STOPPED)


def _show(report: CommissioningReport) -> None:
    name = (
        f"{report.info.name}{f' ({SIMULATION})' if report.info.virtual else ''}: {report.procedure}"
    )
    say((name, "bold"))
    for words in report.words:
        say(f"  {words}")
    for verdict in report.verdicts:
        style = "green" if verdict.passed else "bold red"
        say((f"  {verdict}", style))
    for fault in report.faults:
        say((f"  FAIL  {fault}", "bold red"))


def _show_tables(tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what belongs into a rig file that names no calibration."""
    for key, table in tables.items():
        say((f"  For the rig file, [{key}]:", "bold"))
        for entry, value in table.items():
            shown = value if isinstance(value, int | float) else f'"{value}"'
            say(f"    {entry} = {shown}")
    out.print('  Or name a file there, calibration = "NAME.json", and the results are kept there.')
