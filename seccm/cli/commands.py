"""The commands. Each does little: the work is in `seccm.session`, `seccm.data` and below.

Each imports what it needs when it is called, so that help and mistakes are answered at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.bench_commands import bench, power_up, stops
from seccm.cli.exchange_commands import import_
from seccm.cli.exits import Exit, sentences, show_error, show_problems
from seccm.cli.export_commands import export
from seccm.cli.film_commands import irm, look_at_films
from seccm.cli.help_texts import unwrap
from seccm.cli.image_commands import draw_micrographs, sem
from seccm.cli.many_commands import ClusterOption, WorkersOption, analyze_many, catalog, sweep
from seccm.cli.movie_commands import movie_app
from seccm.cli.new_commands import new, plan_of
from seccm.cli.notes_commands import notes
from seccm.cli.outlet import aside
from seccm.cli.overlay_commands import overlay
from seccm.cli.plan_commands import plans
from seccm.cli.printing import errors, out, say
from seccm.cli.queue_commands import queue_app
from seccm.cli.reference_commands import help_, schema
from seccm.cli.replan_commands import replan
from seccm.cli.rig_commands import rig_app
from seccm.cli.target_commands import targets
from seccm.cli.telling import Teller
from seccm.cli.verbs import Verb
from seccm.errors import RigError, SeccmError
from seccm.events import Outcome, Paused, RunStopped
from seccm.interruption import told
from seccm.shell import command
from seccm.typography import counted
from seccm.units import lasting, show
from seccm.words import SIMULATION

if TYPE_CHECKING:
    from seccm.data import Scan
    from seccm.plan import Plan
    from seccm.rig import RigInfo
    from seccm.session import Run

HELP = """Hopping-mode control for scanning electrochemical cell microscopy (SECCM).

Try it without any hardware:  seccm run li-on-au-combinatorial --report

Ctrl-C once stops a run: the pipette retracts, the file is closed; seccm resume continues it
later. Ctrl-C twice halts it: the outputs are frozen at their values and the cell is switched off.

Exit codes: 0 complete, 1 stopped, 2 the plan or a file is wrong (nothing moved), 3 the rig
failed. An answer that could not be printed whole ends with 1, too; a run does not.
"""

app = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _tell_version(asked: bool) -> None:
    from seccm.data.header import software

    if asked:
        say(software())
        raise typer.Exit


@app.callback()
def _whole(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Take what stands before a command. Its help is that of the program."""


rig_app.command()(bench)
rig_app.command("power-up")(power_up)
rig_app.command()(stops)
app.add_typer(rig_app, name="rig")
app.add_typer(queue_app, name="queue")
app.add_typer(movie_app, name="movie")
app.command()(sem)
app.command()(irm)
app.command()(targets)
app.command()(overlay)
app.command("help")(help_)
app.command()(new)
app.command()(notes)
app.command()(plans)
app.command("plan-of")(plan_of)
app.command()(schema)
app.command("import")(import_)
app.command()(export)
app.command()(catalog)
app.command()(sweep)
app.command()(replan)

PlanArgument = Annotated[str, typer.Argument(help="A plan: a TOML file, or a shipped one's name.")]
FileArgument = Annotated[Path, typer.Argument(help="A data file (.h5).")]
RigOption = Annotated[str, typer.Option("--rig", help="A rig: a TOML file, or a shipped name.")]
PaceOption = Annotated[
    float,
    typer.Option("--pace", min=0.0, help="Virtual rigs: 1 is real time, 0 as fast as possible."),
]
NoticeOption = Annotated[
    bool, typer.Option("--notice", help="Give a notice when done, paused or failed.")
]
ReportOption = Annotated[bool, typer.Option("--report", help="Draw the figures at the end.")]


@app.command()
def check(
    plan: PlanArgument,
    rig: RigOption = "virtual",
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Also print defaults, steps, currents, order of visits and times."
        ),
    ] = False,
) -> None:
    """Check a plan against a rig and list all errors and warnings. Nothing moves."""
    from seccm.plan import load_plan
    from seccm.plan.explaining import explanation
    from seccm.plan.fine_rows import fine_row_words
    from seccm.plan.planner import who_plans
    from seccm.plan.ranges import range_words
    from seccm.plan.registering import registration_words
    from seccm.plan.surface import STAYS, asked_words, surface_words
    from seccm.plan.time_spent import time_words
    from seccm.plan.transport import transport_of, transport_words
    from seccm.rigs import load_rig
    from seccm.session import check as check_plan

    with sentences():
        loaded = load_plan(plan)
        info, problems = check_plan(loaded, load_rig(rig))
    sites = loaded.visits()
    say((loaded.title, "bold"))
    say(
        f"{who_plans(loaded)}{counted(len(sites), 'site')}, "
        f"{counted(len(loaded.conditions), 'condition')}, about "
        f"{_durations(loaded, info)} and {loaded.bytes(info) / 1e6:.1f} MB, on {info.name}"
        f"{f' ({SIMULATION})' if info.virtual else ''}"
    )
    if loaded.keeps_raw(info):
        during = "" if loaded.record.raw else ", in the steps that ask for it"
        say(
            f"of this, {loaded.raw_bytes(info) / 1e6:.1f} MB raw samples: every sample of "
            f"{len(info.raw)} inputs at {show(info.clock.rate, 'Hz')}{during}"
        )
    for words in (*fine_row_words(loaded, info), *range_words(loaded)):
        say(words)
    if registered := registration_words(loaded):
        say(registered)
    out.print(time_words(sites, info), soft_wrap=True)
    if (transport := transport_of(loaded)) is not None:
        say(transport_words(transport))
    out.print(surface_words(sites) if loaded.moves else STAYS, soft_wrap=True)
    if asked := asked_words(sites):
        out.print(asked, soft_wrap=True)
    for line in explanation(loaded, info) if explain else ():
        out.print(line, soft_wrap=True)
    show_problems(problems)
    if any(problem.severity == "error" for problem in problems):
        say(("The plan has errors and cannot be run.", "red"), " Nothing moved.")
        raise typer.Exit(Exit.WRONG_INPUT)
    say(("Plan valid: it can be run.", "green"), " Nothing moved.")


@app.command()
def run(
    plan: PlanArgument,
    rig: RigOption = "virtual",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new data file.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Virtual rigs: same plan and seed, same data.")
    ] = 0,
    pace: PaceOption = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            help="Virtual rigs: a fault to simulate, by name; can be given more than once.",
        ),
    ] = None,
    report: ReportOption = False,
    notice: NoticeOption = False,
) -> None:
    """Run a plan, by default on the virtual rig (SIMULATION)."""
    from seccm.remote.host import attended

    with sentences():
        prepared = attended.run(
            plan, rig, path=output, seed=seed, faults=tuple(fault or ()), pace=pace
        )
        show_problems(prepared.warnings)
        _carry_out(prepared, report=report, teller=Teller(notice))


@app.command()
def resume(
    file: FileArgument,
    pace: PaceOption = 0.0,
    report: ReportOption = False,
    notice: NoticeOption = False,
) -> None:
    """Continue a run that was stopped, failed or was killed. Only the data file is needed."""
    from seccm.remote.host import attended

    with sentences():
        prepared = attended.resume(file, pace=pace)
        _carry_out(prepared, report=report, teller=Teller(notice))


@app.command()
def info(file: FileArgument) -> None:
    """Show what is in a data file, also while the run is going on."""
    from seccm.cli.summary import summary
    from seccm.data import open_scan

    with sentences(), open_scan(file) as scan:
        out.print(summary(scan), soft_wrap=True)


@app.command()
def runs() -> None:
    """List the runs that are going on or are paused, also those without a window."""
    from seccm.cli.running import running

    with sentences():
        out.print(running(), soft_wrap=True)


@app.command()
def ask(
    verb: Annotated[Verb, typer.Argument(help="What the run must do.")],
    run: Annotated[
        str, typer.Argument(help="Its file or run ID; may be left out if only one is going on.")
    ] = "",
    take: Annotated[
        bool, typer.Option("--take", help="Take the controls from a window that holds them.")
    ] = False,
    x: Annotated[
        str, typer.Option("--x", help='pin, add, forbid, allow: the place, "10 um".')
    ] = "",
    y: Annotated[str, typer.Option("--y", help="The same.")] = "",
    level: Annotated[
        list[str] | None,
        typer.Option("--level", help='pin, add: a level of a factor, "j = -1 mA/cm^2".'),
    ] = None,
    radius: Annotated[
        str, typer.Option("--radius", help="forbid, allow: of the ground; by default a footprint.")
    ] = "",
    region: Annotated[
        str, typer.Option("--region", help="Of the sample, in a plan with regions.")
    ] = "",
    why: Annotated[str, typer.Option("--why", help="Kept in the data file.")] = "",
) -> None:
    """Ask a run that is going on to pause, resume, skip a site, stop, halt, or retract at once.

    A run with a planner can also be told to pin a place (it is visited next), to add one, to
    forbid one, or to allow it again; each is kept in the data file with who said it, and why.
    """
    from seccm.cli import asking

    with sentences():
        said = asking.instruction_of(verb, x, y, level or (), radius, why, region)
        say(asking.ask(verb, run, take=take, instruction=said))


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Data files (.h5), one or many.")],
    workers: WorkersOption = 1,
    cluster: ClusterOption = "",
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger", help="A file that keeps what was done: the same command goes on after it."
        ),
    ] = None,
) -> None:
    """Calculate all features of files again, with the same analysis as during the run.

    Many files: one that cannot be analysed does not end the others.
    """
    if len(files) > 1 or workers > 1 or cluster or ledger is not None:
        analyze_many(files, workers, cluster, ledger)
        return
    file = files[0]
    from seccm import session
    from seccm.cli.summary import statistics
    from seccm.data import open_scan

    with sentences():
        count = session.analyze(file)
        for said in count.damaged.values():
            say(("Damaged: ", "bold red"), said, console=errors)
        if count.changed:
            say((count.changed, "yellow"), console=errors)
        say(f"{counted(count, 'site')} analysed; features stored in {file}")
        with open_scan(file) as scan:
            out.print(statistics(scan))


@app.command()
def areas(
    file: FileArgument,
    table: Annotated[
        Path | None,
        typer.Argument(help='A text table: "site, area (um^2)" or "site, diameter (um)".'),
    ] = None,
    retraction: Annotated[
        bool,
        typer.Option(help="Take the areas of other sites from the break of their menisci."),
    ] = False,
) -> None:
    """Take the wetted areas of single sites into a file; numbers per area refer to both then."""
    from seccm import session

    with sentences():
        found = session.take_areas(file, table, retraction=retraction)
    say(found.words)
    if found.calibration is not None:
        fit, closer = found.calibration.plain, found.calibration.levelled
        if closer is not None:
            say(
                f"With the heights of all contacts, areas by retraction are known to "
                f"{100 * closer.uncertainty:.2g} %; by the break alone to "
                f"{100 * fit.uncertainty:.2g} %."
            )
        say(
            f"Calibration from {counted(fit.sites, 'site')}, for retract.detachment: "
            f'calibration = {{ slope = {fit.slope:.3g}, radius = "{show(fit.radius, "m", 3)}", '
            f'uncertainty = "{100 * fit.uncertainty:.2g} %" }}'
        )
    say(f"Stored in {file}: results by the own areas are named ..._own_area.")


@app.command()
def report(
    file: FileArgument,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder of the report; by default next to the data file."
        ),
    ] = None,
) -> None:
    """Draw the figures of a data file and put them on one page."""
    from seccm.data import open_scan

    with sentences():
        look_at_films(file)
        draw_micrographs(file)
        with open_scan(file) as scan:
            _write_report(scan, directory)


@app.command()
def window(
    plan: Annotated[
        str, typer.Argument(help="A plan or a data file to open; may be left out.")
    ] = "",
    rig: Annotated[
        str,
        typer.Option(
            "--rig",
            help="A rig: a TOML file, or a shipped name; by default the rig of the run, "
            "else virtual.",
        ),
    ] = "",
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Run the engine in the window, for debugging.")
    ] = False,
    theme: Annotated[
        str, typer.Option("--theme", help="dark or light; by default as the desktop.")
    ] = "",
    glove: Annotated[
        bool, typer.Option("--glove", help="Large buttons, for gloved hands.")
    ] = False,
    pace: PaceOption = 1.0,
) -> None:
    """Open the window; it attaches to a run that is going on."""
    from seccm.installed import entry_points

    with sentences():
        # Looked up by name, because seccm imports no window toolkit.
        found = entry_points(group="seccm.windows")
        if not found:
            from seccm.installing import install_hint

            raise SeccmError(f"There is no window. Install it with: {install_hint('ui')}")
        opened = next(iter(found)).load()
        code = opened(plan, rig, in_process=in_process, theme=theme, glove=glove, pace=pace)
    raise typer.Exit(code)


def _carry_out(prepared: Run, *, report: bool, teller: Teller) -> None:
    """Run to the end, showing progress; leave with the exit code that belongs to the end."""
    from seccm.cli.answers import Answers
    from seccm.cli.progress import RunProgress

    aside()
    ended: RunStopped | None = None
    failure: RigError | None = None
    answers = Answers(prepared)
    with (
        prepared,
        RunProgress(prepared, out) as progress,
        told(prepared.interrupt, lambda words: say((words, "yellow"))),
    ):
        try:
            for event in prepared:
                progress.show(event)
                if isinstance(event, Paused):
                    teller.tell(f"{prepared.path.name}: {event}")
                if isinstance(event, Paused) and event.asks and answers.possible:
                    answers.ask()
                elif isinstance(event, Paused) and not (event.by_operator or event.suspended):
                    # Nobody may be there; the file can be continued at any time.
                    prepared.ask("stop", event.why.rstrip("."))
                if isinstance(event, RunStopped):
                    ended = event
        except RigError as error:
            failure = error
    how = failure if failure is not None else ended
    teller.tell(f"{prepared.path.name}: {how if how is not None else 'the run has ended'}")
    if failure is not None and failure.code.startswith("store-"):
        say(f"In the file: {_kept(prepared)}")
    else:
        say(progress.words())
    say("Data: ", (str(prepared.path), "bold"))
    for words in (prepared.moved, prepared.packing, prepared.alone):
        if words:
            say(f"  {words}")
    if report:
        _report_of(prepared)
    if ended is not None and ended.status != "complete":
        say("Continue with: ", (command("seccm", "resume", prepared.path), "bold"))
    if failure is not None:
        raise failure
    if ended is not None and ended.status != "complete":
        raise typer.Exit(Exit.STOPPED)


def _report_of(prepared: Run) -> None:
    """Write the report of a run. Where that fails, the run is none the worse for it."""
    try:
        look_at_films(prepared.path)
        draw_micrographs(prepared.path)
        with prepared.open() as scan:
            _write_report(scan, None)
    except SeccmError as error:
        show_error(error)
    except KeyboardInterrupt:
        say(
            "The report was not finished. Draw it with: ", command("seccm", "report", prepared.path)
        )


def _kept(prepared: Run) -> str:
    """Return what became of the sites as far as the file knows, which may be less than was told."""
    words = {Outcome.PLANNED: "not visited", Outcome.RUNNING: "incomplete"}
    try:
        kept = sorted(prepared.kept.items(), reverse=True)
    except SeccmError as error:
        return f"cannot be read: {error}"
    return ", ".join(f"{count} {words.get(outcome, outcome.words)}" for outcome, count in kept)


def _write_report(scan: Scan, directory: Path | None) -> None:
    from seccm.report import write_report

    target = directory if directory is not None else scan.path.with_name(f"{scan.path.stem}-report")
    with out.status("Drawing the figures"):
        page = write_report(scan, target)
    say("Report: ", (str(page), "bold"))


def _durations(plan: Plan, info: RigInfo) -> str:
    """Say how long a plan takes: from the shortest to the longest, where these differ."""
    shortest, longest = (lasting(plan.duration(info, shortest=s)) for s in (True, False))
    return longest if shortest == longest else f"{shortest} to {longest}"


unwrap(app)
