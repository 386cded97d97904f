"""What `--help` says is broken by the terminal alone, not where the source has its lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.cli.help_texts import unwrapped


def commands(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of the program, its groups and all commands."""
    yield words
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from commands(inner, (*words, name))


def test_a_paragraph_stays_one() -> None:
    assert unwrapped("One\n    line.\n\n    And\n    another.\n") == "One line.\n\nAnd another."


@pytest.mark.parametrize("words", list(commands(get_command(app))), ids=" ".join)
def test_no_line_of_a_help_ends_before_the_next_word_would_not_fit(words: tuple[str, ...]) -> None:
    width = 78
    said = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": str(width + 2)}).output
    lines = [line.strip() for line in said.partition("╭")[0].partition("Usage")[2].splitlines()]
    for line, following in pairwise(lines[1:]):
        if line and following:
            assert len(f"{line} {following.split()[0]}") > width, line
