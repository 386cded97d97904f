"""A question of a run is answered in the terminal, in the window, or by a script."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from test_channels import CHANNELS, RIG, plan_of

import seccm
from seccm.cli.answers import Answers
from seccm.events import Approaching, Landed, Landing, Outcome, Paused, Phase, PhaseBegan
from ui.models.words import PHASES, line_of
from ui.run_bar import _briefly


class Terminal:
    """A terminal at which somebody types the next line when it is asked for."""

    def __init__(self, *lines: str, tty: bool = True) -> None:
        self.lines, self.tty = [*lines], tty
        self.asked = threading.Event()

    def isatty(self) -> bool:
        return self.tty

    def readline(self) -> str:
        self.asked.set()
        return self.lines.pop(0) if self.lines else ""


@pytest.fixture
def outcomes(tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Runs three channels whose questions a terminal answers; what became of them."""
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG, encoding="utf-8")

    def carried_out(*lines: str) -> list[Outcome]:
        run = seccm.run(plan_of(CHANNELS), rig, path=tmp_path / "scan.h5")
        answers = Answers(run, Terminal(*lines))  # type: ignore[arg-type]
        for event in run:
            if isinstance(event, Paused) and event.asks:
                answers.ask()
        with seccm.open(tmp_path / "scan.h5") as scan:
            return [Outcome(code) for code in scan.sites["status"].tolist()]

    return carried_out


def test_enter_continues(outcomes: Callable[..., list[Outcome]]) -> None:
    assert outcomes("\n", "\n", "yes\n") == [Outcome.OK] * 3


def test_q_stops_and_the_rest_stays_planned(outcomes: Callable[..., list[Outcome]]) -> None:
    assert outcomes("\n", "q\n") == [Outcome.OK, Outcome.PLANNED, Outcome.PLANNED]


def test_a_terminal_that_is_gone_stops_the_run(outcomes: Callable[..., list[Outcome]]) -> None:
    assert outcomes() == [Outcome.PLANNED] * 3


def test_nobody_answers_in_a_pipe(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG, encoding="utf-8")
    with seccm.run(plan_of(CHANNELS), rig, path=tmp_path / "scan.h5") as run:
        assert not Answers(run, Terminal(tty=False)).possible  # type: ignore[arg-type]
        assert Answers(run, Terminal()).possible  # type: ignore[arg-type]


def test_the_window_has_words_for_every_phase() -> None:
    """A phase that a rig can be in must not end the window."""
    assert set(PHASES) == set(Phase)
    for phase in Phase:
        assert line_of(PhaseBegan(0, 0, phase)).text
        assert len(_briefly(PHASES[phase])) <= len(PHASES[phase])


def test_the_log_of_the_window_speaks_of_no_approach_where_nothing_moves() -> None:
    nothing = float("nan")
    landing = Landing(0, nothing, nothing, nothing, nothing, nothing, nothing, 0)
    assert line_of(Approaching(0, 0, 0, "P7 connected")).text == "P7 connected."
    assert line_of(Landed(0, 0, landing, None)).text == "The measurement begins."
    question = line_of(Paused(0, "Connect P7, then continue.", asks=True))
    assert question.text == "Connect P7, then continue."
    assert "Resume" in question.remedy
    assert "tip" not in question.remedy
