"""The page of all commands, from the command line itself; made whenever the site is built."""

from __future__ import annotations

from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from seccm.cli.commands import app

HEAD = """\
# Commands

`seccm COMMAND --help` says the same.
Exit codes: 0 complete, 1 stopped, 2 the plan or a file is wrong (nothing moved), 3 the rig failed.
"""


def page() -> str:
    """Return the page, as Markdown."""
    return "\n".join((HEAD, *_commands(get_command(app), ("seccm",))))


def _commands(command: object, words: tuple[str, ...]) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in sorted(command.commands.items()):
            yield from _commands(inner, (*words, name))
    elif isinstance(command, TyperCommand) and not command.hidden:
        arguments = [one for one in command.params if isinstance(one, TyperArgument)]
        named = [
            f"[{(one.name or '').upper()}]" if not one.required else (one.name or "").upper()
            for one in arguments
        ]
        yield from (f"## `{' '.join((*words, *named))}`", "", _plain(command.help), "")
        rows = [(f"`{(one.name or '').upper()}`", one.help or "") for one in arguments if one.help]
        rows += [
            (", ".join(f"`{opt}`" for opt in one.opts), one.help or "")
            for one in command.params
            if isinstance(one, TyperOption) and "--help" not in one.opts
        ]
        if rows:
            yield from ("| | |", "|---|---|")
            yield from (f"| {name} | {_plain(words_)} |" for name, words_ in rows)
            yield ""


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
