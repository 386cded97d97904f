"""The words that a user reads: plain ones, and one word for one thing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from seccm.words import SIMULATION, simulated

ROOT = Path(__file__).parents[1]
INSTEAD = {
    r"VIRTUAL": SIMULATION,
    r"by hand": "manual",
    r"drive off": "cell off",
    r"site in hand": "active site",
    r"both ways of|two ways of|the way there|the way back": "forward / reverse sweep",
    r"ran dry|run dry": "out of samples",
    r"errand|deed|guest|whither|lest": "a plain word",
}
ALLOWED = {("seccm/data/header.py", "VIRTUAL ")}
"""What files of earlier versions say."""


def texts(path: Path) -> list[str]:
    """Return the texts of a source with a space in them, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in docs]
    return [n.value for n in found if isinstance(n.value, str) and " " in n.value]


@pytest.mark.parametrize(("word", "instead"), INSTEAD.items())
def test_no_message_has_a_word_that_a_reader_must_look_up(word: str, instead: str):
    sources = [p for name in ("seccm", "sim", "hardware") for p in (ROOT / name).rglob("*.py")]
    assert sources
    found = [
        f"{path.relative_to(ROOT)}: {text!r}, say {instead}"
        for path in sources
        for text in texts(path)
        if re.search(rf"\b({word})\b", text)
        and (path.relative_to(ROOT).as_posix(), text) not in ALLOWED
    ]
    assert found == []


def test_a_title_of_simulated_data_says_so_once():
    assert simulated("Li on Au") == "SIMULATION Li on Au"
    assert simulated(simulated("Li on Au")) == "SIMULATION Li on Au"
    assert simulated("") == SIMULATION
