"""In the window: a planner that raises, hangs, or asks for what cannot be visited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from planned_runs import Scripted, places
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, small_plan, window

import seccm
from seccm.data.journal import Code
from seccm.plan import Plan
from seccm.plan.planner import KINDS, Planner, PlannerKind, PlannerSpec
from seccm.plan.site import Site
from ui.window import Window

LEVEL = {"j": "-1 mA/cm^2"}
FAULTS = {
    "raises": "ValueError: the model has no answer",
    "asks for used ground": "is on used ground",
    "asks for a place out of reach": "beyond axis x",
    "hangs": "has not answered within",
}
"""What the planner does at each question after the first site, and what is to be read then."""


class Unruly(PlannerSpec):
    """A planner that goes wrong in every way, one after the other."""

    kind: Literal["unruly"] = "unruly"

    @property
    def thinking(self) -> float:
        """Seconds in real time: whoever hangs longer than this has failed."""
        return 3.0


ENOUGH = threading.Event()
"""Lets the planner that hangs go on."""


def begun(spec: Unruly, plan: Plan) -> Planner:
    asked = iter(FAULTS)
    at = places(plan)

    def answer(planner: Scripted) -> Site | None:
        if not planner.heard:
            return plan.site(*at[0], LEVEL)
        how = next(asked, "")
        if how == "raises":
            raise ValueError("the model has no answer")
        if how == "asks for used ground":
            return plan.site(*at[0], LEVEL)
        if how == "asks for a place out of reach":
            return plan.site("3 mm", "0 um", LEVEL)
        assert ENOUGH.wait(LONG / 1e3)
        return None

    return Scripted(answer)


@pytest.fixture
def unruly() -> Iterator[None]:
    KINDS.register(PlannerKind("unruly", Unruly, begun))
    yield
    ENOUGH.set()


def test_every_way_in_which_a_planner_fails_is_read_in_the_window_with_the_tip_up(
    qtbot: QtBot, tmp_path: Path, unruly: None
) -> None:
    """Each pauses the run with its sentence; resume asks again; nothing is landed on twice."""
    ENOUGH.clear()
    plan = small_plan(tmp_path, factors__j=["-1 mA/cm^2"])
    text = plan.read_text(encoding="utf-8")
    plan.write_text(f'{text}\n[planner]\nkind = "unruly"\n', encoding="utf-8")
    with window(qtbot, tmp_path) as made:
        begin(qtbot, made, plan, tmp_path / "scan.h5")
        for count, (how, words) in enumerate(FAULTS.items()):
            waits(qtbot, lambda count=count: pauses(made) == count + 1)
            waits(qtbot, lambda words=words: words in made.desk.run.waiting)
            assert made.desk.run.state == "paused", how
            said = next(line for line in reversed(made.desk.lines) if words in line.text)
            assert said.remedy == "", "the tip has no part in it"
            assert "esume" in said.text, "the sentence itself says what to do"
            made.desk.ask("stop" if how == "hangs" else "resume")
        waits(qtbot, lambda: ended(made))
        ENOUGH.set()
    with seccm.open(tmp_path / "scan.h5") as scan:
        codes = scan.events["code"]
        assert int((codes == Code.APPROACHING).sum()) == 1, "the tip came down once"
        assert scan.sites["landed"].tolist() == [1]
        record = scan.record(0)
        assert record.landing is not None
        assert record.z[-1] > record.landing.z + 0.5 * made.desk.plan.retract.distance, "tip up"


def pauses(made: Window) -> int:
    """How often the run has paused, by what stands in the log."""
    return sum(any(words in line.text for words in FAULTS.values()) for line in made.desk.lines)


def waits(qtbot: QtBot, until: Callable[[], bool]) -> None:
    qtbot.waitUntil(until, timeout=LONG)
