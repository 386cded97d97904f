"""`seccm queue`: plans that run one after the other, with a notice at each end."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from seccm.cli.exits import Exit, sentences
from seccm.cli.outlet import drain
from seccm.cli.printing import say, tell_table

if TYPE_CHECKING:
    from seccm.session.plan_queue import Entry

queue_app = typer.Typer(
    help="Run several plans one after the other; the list can be changed meanwhile.",
    no_args_is_help=True,
)


class Failure(StrEnum):
    """What a failure does to the plans after it."""

    STOP = "stop"
    CONTINUE = "continue"


@queue_app.command()
def add(
    plan: Annotated[str, typer.Argument(help="A plan: a TOML file, or a name.")],
    rig: Annotated[str, typer.Option("--rig", help="A rig: a TOML file, or a name.")] = "virtual",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new data file; else PLAN-DATE.h5.")
    ] = None,
) -> None:
    """Check a plan against its rig, and put it at the end of the list. Nothing moves."""
    from datetime import datetime

    from seccm.plan import load_plan
    from seccm.rigs import load_rig
    from seccm.session import check, plan_queue

    with sentences():
        from seccm.errors import PlanError

        _, problems = check(load_plan(plan), load_rig(rig))
        wrong = tuple(one for one in problems if one.severity == "error")
        if wrong:
            raise PlanError(plan, wrong)
        named = output or Path(f"{Path(plan).stem}-{datetime.now():%Y%m%d-%H%M%S}.h5")
        made = plan_queue.add(plan, rig, str(named))
    say(f"{made.number}: {plan} on {rig} into {made.output}")


@queue_app.command("list")
def list_() -> None:
    """List the plans, in the order in which they run."""
    from seccm.session import plan_queue

    with sentences():
        table = Table("", "plan", "rig", "state", "data file", box=None, pad_edge=False)
        for one in plan_queue.entries():
            cells = (str(one.number), one.plan, one.rig, one.state, one.output)
            table.add_row(*map(Text, cells))
    if table.rows:
        tell_table(table)
    else:
        say("Nothing is in the list. Add: seccm queue add PLAN")


@queue_app.command()
def remove(number: Annotated[int, typer.Argument(help="As `seccm queue list` shows it.")]) -> None:
    """Take a plan out of the list; one that runs stays."""
    from seccm.session import plan_queue

    with sentences():
        plan_queue.remove(number)


@queue_app.command()
def move(
    number: Annotated[int, typer.Argument(help="As `seccm queue list` shows it.")],
    place: Annotated[int, typer.Argument(help="Its new place in the list, counted from 1.")],
) -> None:
    """Put a plan at another place of the list."""
    from seccm.session import plan_queue

    with sentences():
        plan_queue.move(number, place)


@queue_app.command()
def hold(
    go_on: Annotated[bool, typer.Option("--go-on", help="Take that back.")] = False,
) -> None:
    """Let the queue end after the run that goes on now."""
    from seccm.session import plan_queue

    with sentences():
        plan_queue.hold(on=not go_on)


@queue_app.command()
def run(
    on_failure: Annotated[
        Failure,
        typer.Option("--on-failure", help="Whether the next plan runs after one that failed."),
    ] = Failure.STOP,
    report: Annotated[bool, typer.Option("--report", help="Draw the figures of each.")] = False,
    notice: Annotated[
        bool, typer.Option("--notice", help="Give a notice when each is done, paused or failed.")
    ] = False,
) -> None:
    """Run what waits, one after the other. Ctrl-C ends the run and the queue."""
    from seccm.cli.telling import Teller
    from seccm.session import plan_queue

    teller = Teller(notice)
    with sentences():
        _refuse_beside_one_that_lives()

    def one(entry: Entry) -> int:
        say((f"{entry.number}: {entry.plan} on {entry.rig}", "bold"))
        drain()
        words = ["run", entry.plan, "--rig", entry.rig, "-o", entry.output]
        words += ["--notice"] if notice else []
        words += ["--report"] if report else []
        code = subprocess.run([sys.executable, "-m", "seccm", *words], check=False).returncode
        if code == Exit.WRONG_INPUT:  # It did not begin, and so could not tell itself.
            teller.tell(f"{Path(entry.plan).name}: refused, nothing moved.")
        return code

    with sentences():
        ended = plan_queue.run_all(one, go_on=on_failure is Failure.CONTINUE)
    good = sum(entry.state == "complete" for entry in ended)
    say(f"{good} of {len(ended)} complete")
    if good < len(ended):
        raise typer.Exit(Exit.STOPPED)


def _refuse_beside_one_that_lives() -> None:
    """Refuse to begin while a run of a queue that was killed still goes on, and has the rig.

    Raises:
        SeccmError: one does.
    """
    from seccm.errors import SeccmError
    from seccm.remote import Client
    from seccm.session import plan_queue

    files = {one.output for one in plan_queue.entries() if one.state == "running"}
    if not files or plan_queue.is_run():
        return
    if going := [host for host in Client.find() if host.path in files]:
        raise SeccmError(
            f"{going[0].path} is still being measured, though the queue was ended from outside. "
            "Wait for its end, or: seccm ask stop"
        )
