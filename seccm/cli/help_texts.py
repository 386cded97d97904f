"""The texts of `--help`: a paragraph is one line, which the terminal breaks at its own width."""

from __future__ import annotations

import inspect

import typer


def unwrapped(text: str) -> str:
    """Return a text whose paragraphs are one line each."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


def unwrap(app: typer.Typer) -> None:
    """Take the line ends of the source out of the help of a program and all its commands."""
    if isinstance(app.info.help, str):
        app.info.help = unwrapped(app.info.help)
    for command in app.registered_commands:
        command.help = unwrapped(command.help or inspect.getdoc(command.callback) or "")
    for group in app.registered_groups:
        if group.typer_instance is not None:
            unwrap(group.typer_instance)
