"""The commands that commission a rig: `seccm rig ...`; the work is in `seccm.commissioning`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from seccm.cli.exits import Exit, sentences, show_problems
from seccm.errors import PlanError, Problem
from seccm.units import parse, show

if TYPE_CHECKING:
    from seccm.commissioning.report import CommissioningReport
    from seccm.rig import CoarseStage, Rig
    from seccm.rigs import RigFile

HELP = """Commission a rig: check, noise, test-resistor, capacitance, coarse-approach.

Only coarse-approach moves anything. The others open the rig, drive the cell at most, and let go
of it; each writes a dated JSON report. Exit code 1 says that a limit was not met.
"""
rig_app = typer.Typer(help=HELP, no_args_is_help=True)
out = Console(highlight=False)

RigArgument = Annotated[str, typer.Argument(help="A rig: a TOML file, or a shipped name.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="The report; by default named by the time.")
]
SampleOption = Annotated[
    str, typer.Option("--sample", help="Virtual rigs: the dummy cell in place of a droplet.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Virtual rigs: what chance does.")]
DUMMY = "dummy-resistor"
APERTURE = 6e-6
"""Metres; a wired cell has no pipette, but a virtual rig asks for one."""
WIRED = ("wet-at-start",)
"""How a virtual rig is told that its dummy cell is connected; a real one ignores it."""


@rig_app.command()
def check(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    sample: SampleOption = DUMMY,
) -> None:
    """Say what a rig is, what is wired, and what its stop can protect. Nothing moves."""
    from seccm.commissioning.check import check_rig

    with sentences(), _usable():
        file, built = _built(rig, sample)
        words = check_rig(built, file.config)
        _finish("check", file, built, output, {"words": words}, words=words)


@rig_app.command()
def noise(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    seconds: Annotated[str, typer.Option("--seconds", help="Length of the record.")] = "10 s",
    approach: Annotated[str, typer.Option("--approach", help="How long one lasts.")] = "5 s",
    probability: Annotated[
        float,
        typer.Option("--probability", min=1e-12, max=0.5, help="Of a false contact in one."),
    ] = 1e-3,
    consecutive: Annotated[
        int, typer.Option("--consecutive", min=1, help="Rows that must agree on a contact.")
    ] = 1,
    limit: Annotated[str, typer.Option("--limit", help="The threshold you want.")] = "5 pA",
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
) -> None:
    """Measure the zero-current noise and suggest a contact threshold. Nothing moves.

    Tip up, or cell disconnected: whatever current flows counts as noise.
    """
    from seccm.commissioning.noise import Looks, contact_threshold, measure_noise
    from seccm.commissioning.record import at_rest
    from seccm.commissioning.report import Verdict

    with sentences(), _usable():
        length, wanted = _quantity("seconds", seconds, "s"), _quantity("limit", limit, "A")
        duration = _quantity("approach", approach, "s")
        file, built = _built(rig, sample, seed)
        with at_rest(built):
            found = measure_noise(built, length)
        looks = Looks(duration, probability, consecutive, window=_window(file.config))
        clock = built.info.clock
        threshold = contact_threshold(found, looks, clock.period, clock.window)
        words = (
            f"Rms of a row {show(found.rms, 'A')}, offset {show(found.offset, 'A')}, drift "
            f"{show(found.drift, 'A')}/s (error {show(found.drift_error, 'A', 2)}/s).",
            "Hum: "
            + ", ".join(f"{show(a, 'A')} at {f:.0f} Hz" for f, a in found.hum.items())
            + " (amplitude).",
            f"Suggested threshold: {show(threshold, 'A', 3)}, for at most one false contact in "
            f"{1.0 / probability:.4g} approaches of {show(duration, 's')}, if the noise is "
            "Gaussian and no worse than now.",
        )
        verdicts = (Verdict("suggested threshold", threshold, 0.0, wanted, "A"),)
        results = {**asdict(found), "looks": asdict(looks), "threshold": threshold}
        _finish("noise", file, built, output, results, verdicts=verdicts, words=words)


@rig_app.command("test-resistor")
def resistor(
    ohms: Annotated[str, typer.Option("--ohms", help='The resistor, such as "1 Gohm".')],
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    largest: Annotated[str, typer.Option("--largest", help="Volts across it.")] = "1 V",
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, max=0.5, help="Of the gains.")
    ] = 0.02,
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
) -> None:
    """Find sign, gain and offset of the channels with a known resistor. Nothing moves.

    Put the resistor where the droplet would be, between pipette electrode and sample.
    """
    from seccm.commissioning.calibration import calibration, corrections
    from seccm.commissioning.record import at_rest
    from seccm.commissioning.report import Verdict
    from seccm.commissioning.resistor import measure_resistor

    with sentences(), _usable():
        known, top = _quantity("ohms", ohms, "ohm"), _quantity("largest", largest, "V")
        file, built = _built(rig, sample, seed, WIRED)
        with at_rest(built):
            test = measure_resistor(built, known, largest=top)
        verdicts, words = [], []
        for line in test.lines:
            name = f"{line.reading} under an imposed {line.drive}"
            unit, full = ("V", test.largest)
            if line.reading == "current":
                unit, full = ("A", test.largest / known)
            low, high = 1.0 - tolerance, 1.0 + tolerance
            verdicts.append(Verdict(f"gain of {name}", line.gain, low, high, "1"))
            bound = 0.01 * full
            verdicts.append(Verdict(f"offset of {name}", line.offset, -bound, bound, unit))
            words.append(
                f"{name}: gain {line.gain:.5f} ({line.gain_error:.5f}), offset "
                f"{show(line.offset, unit)} ({show(line.offset_error, unit, 2)})."
            )
        words.append(
            "A resistor cannot tell a rig with every sign wrong from a right one: check one "
            "channel by other means, such as a battery at the potential input."
        )
        channels = corrections(test)
        provenance = f"{datetime.now().astimezone():%Y-%m-%d}, {show(known, 'ohm')} resistor"
        tables = calibration(file.config, channels, provenance)
        results = {"test": asdict(test), "channels": [asdict(one) for one in channels]}
        _finish(
            *("test-resistor", file, built, output, results),
            verdicts=tuple(verdicts),
            words=tuple(words),
            faults=test.words(),
            tables=tables,
        )


@rig_app.command()
def capacitance(
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    span: Annotated[str, typer.Option("--span", help="Volts to either side of zero.")] = "0.5 V",
    rate: Annotated[str, typer.Option("--rate", help="Of the sweep.")] = "2 V/s",
    cycles: Annotated[int, typer.Option("--cycles", min=2, help="Of the triangle.")] = 10,
    limit: Annotated[str, typer.Option("--limit", help="The most there should be.")] = "20 pF",
    sample: SampleOption = DUMMY,
    seed: SeedOption = 0,
) -> None:
    """Measure stray capacitance and leak with a triangle of potential. Nothing moves.

    Tip up: what is measured is the leads, not a droplet.
    """
    from seccm.commissioning.capacitance import Triangle, measure_capacitance
    from seccm.commissioning.record import at_rest
    from seccm.commissioning.report import Verdict

    with sentences(), _usable():
        half, speed = _quantity("span", span, "V"), _quantity("rate", rate, "V/s")
        most = _quantity("limit", limit, "F")
        file, built = _built(rig, sample, seed)
        with at_rest(built):
            found = measure_capacitance(built, Triangle(half, speed, cycles))
        words = (
            f"Stray capacitance {show(found.capacitance, 'F')} (error {show(found.error, 'F', 2)})"
            f": {show(found.capacitance * 0.1, 'A')} in a sweep of 100 mV/s.",
            f"Leak {show(found.leak, 'S')} (error {show(found.leak_error, 'S', 2)}).",
        )
        verdicts = (Verdict("stray capacitance", found.capacitance, 0.0, most, "F"),)
        results = {**asdict(found), "triangle": [half, speed, cycles]}
        _finish("capacitance", file, built, output, results, verdicts=verdicts, words=words)


@rig_app.command("coarse-approach")
def coarse_approach(
    host: Annotated[str, typer.Option("--host", help="Address of the motor's controller.")],
    towards: Annotated[
        int, typer.Option("--towards", help="1 if positive steps go closer, -1 if negative.")
    ],
    step: Annotated[str, typer.Option("--step", help='Longest of one step, such as "30 nm".')],
    plan: Annotated[str, typer.Option("--plan", help="Whose approach is used.")],
    rig: RigArgument = "virtual",
    output: OutputOption = None,
    stage: Annotated[str, typer.Option("--stage", help="Kind of motor.")] = "picomotor",
    axis: Annotated[int, typer.Option("--axis", min=1, max=4, help="Connector.")] = 1,
    port: Annotated[int, typer.Option("--port", help="TCP port of the controller.")] = 23,
    tries: Annotated[int, typer.Option("--tries", min=1, help="Of the piezo, at most.")] = 20,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before each motion.")] = False,
    seed: SeedOption = 0,
) -> None:
    """Bring the surface into reach of the piezo with the coarse motor. THIS MOVES THE TIP.

    The piezo comes down looking for contact and goes up all the way; only then the motor makes
    steps, over at most half of the way that was found free; and so on.
    """
    from seccm.commissioning.coarse_approach import SHARE, approach_coarsely
    from seccm.plan import load_plan
    from seccm.rigs import build_rig, load_rig
    from seccm.session import check as check_plan

    with sentences(), _usable():
        loaded, file = load_plan(plan), load_rig(rig)
        length = _quantity("step", step, "m")
        info, problems = check_plan(loaded, file)
        show_problems(problems)
        if any(problem.severity == "error" for problem in problems):
            raise typer.Exit(Exit.WRONG_INPUT)
        travel = info.axes["z"].travel
        most = max(1, int(SHARE * (travel.upper - travel.lower) / length))
        motor = _connected(
            stage,
            host,
            {"axis": axis, "towards": towards, "step": length, "most": most, "port": port},
        )
        last: list[Rig] = []

        def rigs() -> Rig:
            last[:] = [build_rig(file, loaded.mounted, seed=seed)]
            return last[0]

        try:
            out.print(Text(f"Motor: {motor.identity()}"))
            found = approach_coarsely(
                rigs,
                motor,
                loaded.sites()[0],
                tries=tries,
                confirm=lambda text: _said_yes(text, yes=yes),
            )
        finally:
            motor.close()
        faults = () if found.found else (found.what,)
        _finish(
            *("coarse-approach", file, last[0], output, asdict(found)),
            words=(found.what, f"The motor made {found.steps} steps."),
            faults=faults,
        )


def _said_yes(text: str, *, yes: bool) -> bool:
    out.print(Text(text))
    return yes or typer.confirm("Go on?", default=False)


def _connected(stage: str, host: str, how: Mapping[str, Any]) -> CoarseStage:
    """Look a kind of motor up by name, because seccm imports no driver, and connect to it."""
    from importlib.metadata import entry_points

    kinds = {point.name: point for point in entry_points(group="seccm.coarse")}
    if stage not in kinds:
        remedy = f"Known: {', '.join(sorted(kinds)) or 'none'}."
        raise PlanError("--stage", [Problem("stage", f"{stage!r} is no kind of motor.", remedy)])
    connect: Callable[..., CoarseStage] = kinds[stage].load()
    return connect(host, **how)


def _built(
    rig: str, sample: str, seed: int = 0, faults: tuple[str, ...] = ()
) -> tuple[RigFile, Rig]:
    from seccm.rig import Mounted
    from seccm.rigs import build_rig, load_rig

    file = load_rig(rig)
    return file, build_rig(file, Mounted(sample, APERTURE), seed=seed, faults=faults)


def _window(config: Mapping[str, Any]) -> float | None:
    """Return the moving mean in which a rig looks for contact, where its file names one."""
    window = config.get("stop", {}).get("window")
    return None if window is None else _quantity("stop.window", str(window), "s")


def _quantity(option: str, text: str, unit: str) -> float:
    try:
        value = parse(text, unit)
    except ValueError as error:
        raise PlanError(f"--{option}", [Problem(option, f"{error}.")]) from None
    if value <= 0.0:
        raise PlanError(f"--{option}", [Problem(option, f"{text} is not more than 0.")])
    return value


@contextmanager
def _usable() -> Iterator[None]:
    """Turn a measurement that cannot be judged into an error with exit code 1."""
    try:
        yield
    except ValueError as error:
        out.print(Text.assemble(("Not judged: ", "bold red"), f"{error}."), soft_wrap=True)
        raise typer.Exit(Exit.STOPPED) from None


def _finish(
    procedure: str,
    file: RigFile,
    rig: Rig,
    output: Path | None,
    results: Mapping[str, Any],
    *,
    verdicts: tuple[Any, ...] = (),
    words: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
    tables: Mapping[str, Any] | None = None,
) -> None:
    """Say what was found, write the report, and leave with code 1 if a limit was not met."""
    from seccm.commissioning.report import CommissioningReport, default_name

    made = datetime.now().astimezone()
    path = output if output is not None else Path(default_name(procedure, rig.info, made))
    noted = {
        key: {**table, "calibrated": f"{table['calibrated']}, {path.name}"}
        for key, table in (tables or {}).items()
    }
    report = CommissioningReport(
        *(procedure, made, file.source, rig.info, results, verdicts, words, faults, noted)
    )
    _show(report)
    report.write(path)
    out.print(f"Report: [bold]{path}[/]", soft_wrap=True)
    if procedure != "coarse-approach":
        out.print("Nothing moved.")
    if not report.passed:
        raise typer.Exit(Exit.STOPPED)


def _show(report: CommissioningReport) -> None:
    name = f"{report.info.name}{' (VIRTUAL)' if report.info.virtual else ''}: {report.procedure}"
    out.print(Text(name, style="bold"))
    for words in report.words:
        out.print(Text(f"  {words}"), soft_wrap=True)
    for verdict in report.verdicts:
        style = "green" if verdict.passed else "bold red"
        out.print(Text(f"  {verdict}", style=style), soft_wrap=True)
    for fault in report.faults:
        out.print(Text(f"  FAIL  {fault}", style="bold red"), soft_wrap=True)
    for key, table in report.calibration.items():
        out.print(Text(f"  For the rig file, [{key}]:", style="bold"), soft_wrap=True)
        for entry, value in table.items():
            shown = value if isinstance(value, int | float) else f'"{value}"'
            out.print(Text(f"    {entry} = {shown}"), soft_wrap=True)
