"""Asking a run that is going on for something, from another terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from seccm.cli.running import PATIENCE, asked
from seccm.cli.verbs import Verb
from seccm.data.whereabouts import run_id_of
from seccm.errors import PlanError, Problem, SeccmError
from seccm.factors import Level
from seccm.hopping.life import AT_ONCE
from seccm.plan.instruction import Instruction, Kind, agreed, person
from seccm.plan.placing import Given
from seccm.plan.ways import kind_in
from seccm.remote import Client, News, Running
from seccm.shell import command

FOR_ALL = tuple(Verb(request) for request in AT_ONCE)
"""What anybody may ask for, whoever holds the controls."""
SHORTEST = 4
"""Letters of a run ID that are enough to name a run."""


def ask(verb: Verb, run: str, *, take: bool, instruction: Instruction | None = None) -> str:
    """Ask a run for something; return what it does now.

    Args:
        verb: what.
        instruction: what a verb that instructs says of which place.
        run: its file, or the beginning of its run ID; empty where only one is going on.
        take: take the controls from a window that holds them.

    Raises:
        SeccmError: there is no such run, or it does not grant this now; nothing changed.
    """
    with Client.attach(_found(run).name) as client:
        client.wait(lambda news: news.progress is not None, PATIENCE)
        if verb is Verb.HALT:
            ticket = client.halt()
        elif verb is Verb.EMERGENCY:
            ticket = client.emergency()
        elif instruction is not None:
            _take_control(client, force=take)
            ticket = client.instruct(instruction)
        else:
            _take_control(client, force=take)
            ticket = client.ask(verb.value, "asked from the command line")
        granted, why = _answer(client, ticket)
        plan_json = "" if client.snapshot is None else client.snapshot.plan_json
    if not granted:
        raise SeccmError(why)
    if instruction is not None:
        return agreed(instruction)
    return kind_in(plan_json).words.asked[verb.value]


def instruction_of(
    verb: Verb, x: str, y: str, levels: Sequence[str], radius: str, why: str, region: str = ""
) -> Instruction | None:
    """Return what a verb says of which place; None where the verb is about none.

    Raises:
        PlanError: with every mistake.
    """
    given = {
        "--x": x,
        "--y": y,
        "--level": ", ".join(levels),
        "--radius": radius,
        "--why": why,
        "--region": region,
    }
    wrong: list[Problem] = []
    if not verb.instructs:
        useless = [name for name, value in given.items() if value]
        wrong += [Problem(name, f"says nothing to {verb}.", "Leave it out.") for name in useless]
    lengths = {
        name: _length(name, given[name], wrong)
        for name in ("--x", "--y", "--radius")
        if verb.instructs and (given[name] or name != "--radius")
    }
    chosen: dict[str, Given] = {}
    for one in levels if verb.instructs else ():
        name, equals, level = (part.strip() for part in one.partition("="))
        if not name or not equals or not level:
            wrong.append(
                Problem(
                    "--level", f'"{one}" is not a level of a factor.', 'Write "j = -1 mA/cm^2".'
                )
            )
        chosen[name] = level
    if chosen and verb not in (Verb.PIN, Verb.ADD):
        wrong.append(Problem("--level", f"says nothing to {verb}.", "Leave it out."))
    if lengths.get("--radius") is not None and verb not in (Verb.FORBID, Verb.ALLOW):
        wrong.append(Problem("--radius", f"says nothing to {verb}.", "Leave it out."))
    if wrong:
        raise PlanError(f"seccm ask {verb}", wrong)
    if not verb.instructs:
        return None
    kind: Kind = verb.value  # type: ignore[assignment]
    return Instruction(
        kind, lengths["--x"], lengths["--y"], chosen, lengths.get("--radius"),
        who=f"{person()}, command line", why=why, region=region,
    )  # fmt: skip


def _length(name: str, written: str, wrong: list[Problem]) -> float:
    try:
        level = Level.read(written)
    except ValueError:
        level = None
    if level is None or level.unit != "m":
        what = f'is "{written}", which is not a length.' if written else "is missing."
        wrong.append(Problem(name, what, f'Write it with its unit: {name} "10 um".'))
        return 0.0
    return level.value


def _take_control(client: Client, *, force: bool) -> None:
    late = time.monotonic() + PATIENCE
    why = ""
    while not client.poll().in_control:
        granted, why = _answer(client, client.take_control(force=force))
        if not granted and time.monotonic() > late:
            raise SeccmError(f"{why} Or add --take.")


def _answer(client: Client, ticket: int) -> tuple[bool, str]:
    def answered(news: News) -> bool:
        return any(answer.ticket == ticket for answer in news.answers)

    [answer] = [a for a in client.wait(answered, PATIENCE)[-1].answers if a.ticket == ticket]
    return answer.granted, answer.text


def _found(run: str) -> Running:
    """Find the run that is meant.

    Raises:
        SeccmError: none or several are.
    """
    going_on = [host for host in Client.find() if _does_something(host)]
    if run:
        going_on = [host for host in going_on if _is(host, run)]
    if len(going_on) == 1:
        return going_on[0]
    if not going_on:
        raise SeccmError(
            f"{run}: no such run is going on. seccm runs lists those that are."
            if run
            else "No run is going on."
        )
    each = " or ".join(command(Path(host.path)) for host in going_on if host.path)
    raise SeccmError(f"Several runs are going on. Say which: {each}.")


def _does_something(host: Running) -> bool:
    progress = asked(host)
    return progress is not None and progress.doing != "idle"


def _is(host: Running, run: str) -> bool:
    """Tell whether a file, wherever it was moved to, or the beginning of a run ID means a run."""
    if host.path and Path(run).absolute() == Path(host.path):
        return True
    if not host.run_id:
        return False
    begins = len(run) >= SHORTEST and host.run_id.startswith(run)
    return begins or run_id_of(Path(run)) == host.run_id
