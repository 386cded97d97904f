"""The words that a user reads: plain ones, and one word for one thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.events import Paused
from seccm.program.yielded import results
from seccm.results import Status
from seccm.words import SIMULATION, simulated

ROOT = Path(__file__).parents[1]
PACKAGES = ("seccm", "sim", "hardware", "ui")

EVERYWHERE = {
    r"VIRTUAL": SIMULATION,
    r"by hand": "manual",
    r"drive off": "cell off",
    r"(site|sites|that|one) in hand": "active site",
    r"both ways of|two ways of|the way there|the way back": "forward / reverse sweep",
    r"ran dry|runs? dry": "out of samples",
    r"errands?|deeds?|guests?|wish(es)?": "a task, an action, a client, a request",
    r"whither|whence|lest|whilst|hitherto|betwixt|hereof|thereof|whereof|therein|wherein|thereby"
    r"|whereby|albeit|ere|nought|forthwith|hence|amid|unto": "a word of today",
    r"the former|the latter|in (its|their) turn": "the thing itself",
    r"(as|what|when|before|than|until|how far|room that) one "
    r"(reads|types|expects|comes|came|would|must|could|is in|waits|browses|looks)": "you",
}
"""What stands in no text, docstrings of the program too, and what to say instead."""

READ = {
    r"Hold still": "Stop motion",
    r"Landed": "Contact",
    r"[Nn]o site in hand|in hand": "no active site",
    r"without a number that counts": "excluded",
    r"the two ways differ": "forward and reverse sweeps differ",
    r"[Rr]ight in itself": "plan valid",
    r"before it is right": "fix errors before starting",
    r"[Mm]ay hang|hangs? on the surface": "meniscus may still be in contact",
    r"Paused: Paused|Paused by the operator": "Paused by operator",
    r"Beside": "Compare",
    r"Look / Signs|Signs": "Theme / Sign convention",
    r"([Pp]uts?|[Pp]utting) (it|the notice|a notice|this) away": "dismiss",
    r"Site before": "Previous site",
    r"back to their places": "reset layout",
    r"[Tt]roubles?": "warnings",
    r"[Ll]asted": "duration",
    r"[Ii]dentity": "run ID",
    r"of which|of whom|of whose": "two sentences",
    r"(?<!this )one (must|may|can|wants)": "you",
    r"[Ss]hall": "will, must or should",
    r"[Tt]hus": "so",
}
"""What stands in no message, label, help or page."""

ALLOWED = {
    ("seccm/data/header.py", "VIRTUAL"),  # what files of earlier versions say
    ("seccm/__init__.py", "Landed"),  # the name of an event
}
CODE = re.compile(r"```python\n.*?```|`[A-Za-z_.]+`", re.DOTALL)
"""Python in a page, and names of it: a programmer reads them."""
NAMES = re.compile(r"^[a-z_]+( [a-z_]+)?$")
"""Keys of tables and messages: a program reads them."""


@cache
def literals(path: Path) -> tuple[tuple[str, bool], ...]:
    """Return the texts of a source, and whether each is a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    return tuple(
        (n.value, id(n) in docs)
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


@cache
def sources() -> tuple[tuple[str, str, bool], ...]:
    """Return all texts of the product: where, what, and whether only programmers read it."""
    paths = [p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))]
    return tuple(
        (path.relative_to(ROOT).as_posix(), text, doc)
        for path in paths
        for text, doc in literals(path)
    )


@cache
def pages() -> tuple[tuple[str, str], ...]:
    """Return what is written for users outside of the code."""
    found = [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "configs").rglob("*.toml")),
    ]
    return tuple(
        (p.relative_to(ROOT).as_posix(), CODE.sub("", p.read_text(encoding="utf-8"))) for p in found
    )


def commands(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of a command and of all below it."""
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


@cache
def helps() -> tuple[tuple[str, str], ...]:
    """Return the help of every command, as it is printed."""
    printed = []
    for words in commands(get_command(app)):
        result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
        assert result.exit_code == 0
        printed.append((" ".join(("seccm", *words, "--help")), result.output))
    return tuple(printed)


def declared() -> Iterator[tuple[str, str]]:
    """Yield the words of results, of their doubts, and of the fields of a plan."""
    for result in results().values():
        yield result.name, result.words
    for status in Status:
        yield status.name, f"{status.label}. {status.caveat}"
    yield "a pause", str(Paused(0, "", by_operator=True))


def offending(word: str, instead: str, texts: Iterator[tuple[str, str]]) -> list[str]:
    """Return where a word stands that has a better one."""
    found = []
    for where, text in texts:
        for hit in re.finditer(rf"\b({word})\b", text):
            if (where, hit.group()) in ALLOWED:
                continue
            around = text[max(0, hit.start() - 40) : hit.end() + 40].replace("\n", " ")
            found.append(f"{where}: ...{around}..., say {instead}")
    return found


def everything() -> Iterator[tuple[str, str]]:
    """Yield every text of the product."""
    yield from ((where, text) for where, text, _ in sources())
    yield from pages()
    yield from helps()
    yield from declared()


def read_by_users() -> Iterator[tuple[str, str]]:
    """Yield what a user reads; not the docstrings, which programmers read."""
    for where, text, doc in sources():
        if not doc and not NAMES.match(text):
            yield where, text
    yield from pages()
    yield from helps()
    yield from declared()


@pytest.mark.parametrize(("word", "instead"), EVERYWHERE.items())
def test_no_text_has_a_word_that_a_reader_must_look_up(word: str, instead: str):
    assert offending(word, instead, everything()) == []


@pytest.mark.parametrize(("word", "instead"), READ.items())
def test_one_word_for_one_thing_in_all_that_a_user_reads(word: str, instead: str):
    assert offending(word, instead, read_by_users()) == []


def test_the_words_are_looked_for_where_users_read():
    """A test that reads nothing finds nothing."""
    assert {where.split("/")[0] for where, _, _ in sources()} == set(PACKAGES)
    assert len(helps()) > 15
    assert {"README.md", "configs/rigs/nidaq.toml"} <= {where for where, _ in pages()}
    planted = iter([("a label", "Landed at 5 µm, the site in hand.")])
    assert len(offending("Landed|site in hand", "Contact", planted)) == 2


def test_a_title_of_simulated_data_says_so_once():
    assert simulated("Li on Au") == "SIMULATION Li on Au"
    assert simulated(simulated("Li on Au")) == "SIMULATION Li on Au"
    assert simulated("") == SIMULATION
