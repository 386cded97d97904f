"""How the command line prints: texts as they are, names whole and on one line.

No text is taken for markup: a title, a label or the name of a file may hold anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, markup=False, emoji=False)
errors = Console(stderr=True, highlight=False, markup=False, emoji=False)

_WIDEST = 100_000
"""Letters in a line, more than any table has."""
Part = str | tuple[str, str]
"""A text, or a text with its style."""


def say(*parts: Part, console: Console = out) -> None:
    """Print a line of texts, some with styles; it is never broken."""
    line = Text()
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, "")
        line.append(shown(text), style)
    console.print(line, soft_wrap=True)


def shown(text: object) -> str:
    """Return a text on one line: whatever steers a terminal, a new line too, as an escape."""
    return "".join(
        letter if letter.isprintable() or "\udc80" <= letter <= "\udcff" else _escape(letter)
        for letter in str(text)
    )


def facts(rows: Sequence[tuple[str, str | Text]]) -> Text:
    """Return lines of a name and what there is to say of it, one below the other."""
    width = max(len(name) for name, _ in rows)
    lines = [
        Text(f"{name:<{width}}  ").append_text(
            what if isinstance(what, Text) else Text(shown(what))
        )
        for name, what in rows
    ]
    return Text("\n").join(lines)


def tell_table(table: Table) -> None:
    """Print a table with every cell whole, however narrow the terminal is.

    A path that is cut is no path: a line that is too long is broken by the terminal.
    """
    unbounded = out.options.update(max_width=_WIDEST)
    wanted = Measurement.get(out, unbounded, table).maximum
    wide = copy(out)  # Rich draws no table wider than its terminal, whatever width is asked for
    wide.width = max(out.width, wanted)
    wide.print(table, soft_wrap=True)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
