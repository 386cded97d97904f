"""`seccm help` and `seccm schema`: what every key means, from the schema that checks the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say
from seccm.errors import PlanError, Problem

if TYPE_CHECKING:
    from seccm.key_tables import KeyTable
    from seccm.keys.finding import Found

MOST = 8
"""Keys and tables that are told at once; of more, it is said where they are."""


def help_(
    context: typer.Context,
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY",
            help="A key (approach.speed), a kind of step, contact, sites or rig, or a command.",
        ),
    ] = None,
) -> None:
    """Say what a key of a plan or of a rig file means: unit, bounds, default, example."""
    from seccm.keys import find, names, rig_tables, told
    from seccm.plan.keys_page import tables

    plan = tables()
    key = " ".join(keys or ())
    if not key:
        out.print(_overview(plan), soft_wrap=True)
        return
    program = context.find_root().command
    command = _is_command(program, key.split())
    if command:
        say(f"{key} is a command: ", (f"seccm {key} --help", "bold"))
    rigs = rig_tables()
    if key in rigs:
        out.print(f"{key}: a kind of rig. Tables of such a rig file:\n", soft_wrap=True)
        out.print("\n".join(_listed(rigs[key])), soft_wrap=True)
    found = [*find(key, plan), *(one for kind in rigs for one in find(key, rigs[kind], kind))]
    if not found and not command and key not in rigs:
        known = names([*plan, *(table for tables in rigs.values() for table in tables)])
        known = (*known, *rigs, *getattr(program, "commands", ()))
        with sentences():
            raise PlanError(
                key, [Problem("key", "is neither a key nor a kind.", _advice(key, known))]
            )
    texts = told(found)
    for text in texts[:MOST]:
        out.print(f"{text}\n", soft_wrap=True)
    if len(texts) > MOST:
        say(f"{len(texts) - MOST} more. Name the table, too: {', '.join(_fuller(key, found))}")


def schema(
    of: Annotated[
        str, typer.Argument(help='"plan", or the kind of a rig file, such as "nidaq".')
    ] = "plan",
) -> None:
    """Print the JSON schema of plans or rig files, for editors that complete and check TOML."""
    from seccm.keys import plan_schema, rig_schemas
    from seccm.keys.schema_text import as_written
    from seccm.mistakes import similar

    with sentences():
        known = rig_schemas()
        if of != "plan" and of not in known:
            what = "is neither a plan nor a kind of rig."
            raise PlanError(of, [Problem("schema", what, similar(of, ["plan", *known]))])
        found = plan_schema() if of == "plan" else known[of]
    url = "https://json-schema.org/draft/2020-12/schema"
    text = json.dumps({"$schema": url, **as_written(found)}, ensure_ascii=False, indent=2)
    out.print(text, soft_wrap=True)


def _kinds(tables: Iterable[KeyTable]) -> set[str]:
    return {table.kind for table in tables if table.kind}


def _is_command(group: object, words: list[str]) -> bool:
    """Tell whether words name a command, such as "run" or "rig check"."""
    for word in words:
        group = getattr(group, "commands", {}).get(word)
    return bool(words) and group is not None


def _overview(tables: tuple[KeyTable, ...]) -> str:
    """Return which tables and kinds there are."""
    from seccm.keys import rig_tables

    lines = ["seccm help KEY says what a key, a table or a kind means. Tables of a plan:", ""]
    lines += [*_listed(tables), "", f"Kinds of rig: {', '.join(rig_tables())}."]
    lines += ["seccm COMMAND --help says how a command is used. docs/ has the whole manual."]
    return "\n".join(lines)


def _listed(tables: Iterable[KeyTable]) -> Iterator[str]:
    """Yield a line for each table, with its kinds."""
    by_key: dict[str, list[str]] = {}
    for table in tables:
        for key in table.keys:
            by_key.setdefault(key, []).append(table.kind)
    for key, kinds in by_key.items():
        named = ", ".join(kind for kind in dict.fromkeys(kinds) if kind)
        if key != "file":
            yield f"  {key}{f': {named}' if named else ''}"


def _advice(key: str, known: Iterable[str]) -> str:
    from seccm.mistakes import nearest

    known = list(known)
    if same := [name for name in known if name.lower() == key.lower()]:
        return f'Did you mean "{same[0]}"?'
    table, dot, last = key.rpartition(".")
    whole = f"{table.rpartition('.')[2]}.{last}" if dot else last
    near = nearest(whole, [name for name in known if ("." in name) == bool(dot)])
    near = near or nearest(last, known)
    return f'Did you mean "{near}"?' if near else "seccm help lists the tables and kinds."


def _fuller(key: str, found: Iterable[Found]) -> list[str]:
    """Return how the keys that were found are asked for one by one."""
    last = key.rsplit(".", 1)[-1]
    return sorted({f'"{one.table.kind or one.table.keys[0]}.{last}"' for one in found})
