"""What came with a site from another program, or a damaged file, is read or refused in words."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from seccm.events import SiteAdded
from seccm.plan.added import why
from seccm.plan.decision import Belief, Decision, Direction, Progress
from ui.models.words import line_of

REASON = "Site 3 of 5 that fill the range evenly."
BELIEF = {"result": "E", "unit": "V", "directions": [["j", "A/m^2", True]], "points": [[-2.0]],
          "mean": [0.1], "deviation": [0.01]}  # fmt: skip
WRONG = {
    "infinite seed": {"reason": REASON, "seed": math.inf},
    "no seed": {"reason": REASON, "seed": "seven"},
    "huge number": {"reason": REASON, "state": {"scatter": 10**400}},
    "huge aim": {"reason": REASON, "progress": [["sites", 1, 10**400, "1"]]},
    "state of no table": {"reason": REASON, "state": [1, 2]},
    "short progress": {"reason": REASON, "progress": [["sites", 1]]},
    "no reason": {"beliefs": []},
    "ragged points": {"reason": REASON, "beliefs": [{**BELIEF, "points": [[1.0], [1.0, 2.0]]}]},
    "points of two directions": {"reason": REASON, "beliefs": [{**BELIEF, "points": [[1.0, 2.0]]}]},
    "columns that differ": {"reason": REASON, "beliefs": [{**BELIEF, "mean": [0.1, 0.2]}]},
    "words for numbers": {"reason": REASON, "beliefs": [{**BELIEF, "mean": ["high"]}]},
    "a belief that is a list": {"reason": REASON, "beliefs": [[1]]},
}


def added(decision: str, label: str = "") -> SiteAdded:
    return SiteAdded(10, 4, 1e-5, 2e-5, 0, 1, 0, 0, "{}", label, decision)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_decision_is_refused_and_costs_the_log_its_reason_alone(what: str) -> None:
    """A number that no float holds ended the window that read it."""
    text = json.dumps(WRONG[what])
    with pytest.raises(ValueError, match=r"\S"):
        Decision.read(text)
    assert why(added(text)) == ""
    assert line_of(added(text)).text == "Added by the planner."


def test_the_log_says_why_a_site_was_added_and_under_which_condition() -> None:
    text = Decision(REASON).text
    line = line_of(added(text, "j = -2 mA/cm^2"))
    assert line.text == f"Added by the planner, j = −2 mA/cm². {REASON}"
    assert (line.level, line.site) == ("info", 4)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_kept_as_none_and_never_as_one(value: float) -> None:
    made = Decision(REASON, progress=(Progress("sites", 1.0, value),), state={"scatter": value})
    assert "NaN" not in made.text
    assert "Infinity" not in made.text
    back = Decision.read(made.text)
    assert math.isnan(back.state["scatter"])
    assert math.isnan(back.progress[0].aim)
    assert back.progress[0].value == 1.0


@pytest.mark.parametrize("reason", ["Größe 3 µm → weiter.", 'say "no"\n\\', "中文", "\u2028", ""])
def test_a_reason_in_any_language_comes_back(reason: str) -> None:
    text = Decision(reason).text
    assert text.isascii()
    assert "\n" not in text
    assert Decision.read(text).reason == reason


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_a_belief_keeps_which_mean_belongs_to_which_point(dimensions: int) -> None:
    rng = np.random.default_rng(dimensions)
    points = rng.random((7, dimensions)) * 10.0 ** rng.integers(-9, 9, dimensions)
    along = tuple(Direction(f"d{k}", "V", k % 2 == 1) for k in range(dimensions))
    mean = points.sum(axis=1)
    back = Decision.read(
        Decision(REASON, (Belief("E", "V", along, points, mean, 0.1 * mean),)).text
    ).beliefs[0]
    assert back.directions == along
    assert back.points == pytest.approx(points, rel=1e-5)
    assert back.mean == pytest.approx(back.points.sum(axis=1), rel=1e-4)
    assert back.deviation == pytest.approx(0.1 * back.mean, rel=1e-4)


def test_a_belief_at_no_point_comes_back_as_one() -> None:
    none = np.empty((0, 2))
    along = (Direction("x", "m"), Direction("y", "m"))
    made = Decision(REASON, (Belief("E", "V", along, none, np.empty(0), np.empty(0)),))
    (back,) = Decision.read(made.text).beliefs
    assert back.points.shape == (0, 2)
