"""Answers to questions: typed at a terminal, or a line for each question through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from seccm.cli.printing import say
from seccm.errors import PlanError, Problem

Why = Callable[[str], str | None]
"""Says why a text is no answer; None if it is one."""


def answered(words: str, usual: str, why: Why, *, of: str) -> str:
    """Ask one question, and return its answer; an empty line is the usual one.

    At a terminal the question is asked again until it is answered. Lines that come through a pipe
    answer one question each, so that a wrong one ends it all: the next line is for another
    question.

    Args:
        words: the question.
        usual: the answer of an empty line.
        why: says why a text is no answer.
        of: what the questions are about, for messages.

    Raises:
        PlanError: a line of a pipe is no answer, or there are no more lines.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return _piped(words, usual, why, of)
    while True:
        text = str(typer.prompt(words, default=usual))
        wrong = why(text)
        if wrong is None:
            return text
        say((wrong, "red"))


def _piped(words: str, usual: str, why: Why, of: str) -> str:
    line = "" if sys.stdin is None else sys.stdin.readline()
    if not line:
        what = "was asked, but there was no line to answer it. Nothing was written."
        remedy = "Give a line for each question, empty for the usual answer, or add --yes."
        raise PlanError(of, [Problem(words, what, remedy)])
    text = line.strip() or usual
    say(f"{words} [{usual}]: {text}")
    if (wrong := why(text)) is not None:
        raise PlanError(of, [Problem(words, f"{wrong} Nothing was written.")])
    return text
