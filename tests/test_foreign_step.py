"""A kind of step of another package, installed beside the program, in a whole run.

Nothing in the product names it; `tests/foreign` is such a package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from foreign_stories import told_by
from programmes import REST, came_to, plan_of, run

import seccm
from seccm.plan.plan import _learn
from seccm.program.kind import Kind, StepSpec
from seccm.program.quantities import Duration
from seccm.program.registry import _KINDS, kinds, register
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.rig import Constant


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program found that has the package installed."""
    folder = tmp_path_factory.mktemp("foreign")
    return {**told_by("story_of_steps.py", folder), "path": folder / "scan.h5"}


def test_it_is_used_in_a_whole_run(story):
    """Stopped, resumed, analysed, reported and browsed."""
    assert story["state"] == "complete"
    assert story["status"] == [int(seccm.Outcome.OK)] * 2
    assert story["report"]


def test_its_results_are_right(story):
    """0.1 to 0.5 V in five treads over 1 Gohm."""
    np.testing.assert_allclose(story["i_tread"], np.linspace(0.1, 0.5, 5) * 1e-9, rtol=0.02)
    np.testing.assert_allclose(story["i_most"], 0.5e-9, rtol=0.1)  # with its overshoot
    # Three staircases at each of two sites, and an array of each in the file.
    assert story["paths"] == ["0", "1.0.0", "1.1.0"] * 2
    assert story["kinds"] == ["staircase"]
    assert [len(values) for values in story["stored"]] == [5] * 6
    np.testing.assert_allclose(story["stored"][3], story["i_tread"])
    assert story["symbol"] == "$i_\\mathrm{max}$"


def test_its_mistakes_are_told_by_their_keys(story):
    said = story["mistakes"]
    assert said["program[0].stop"] in ("is missing.", "equals start: there is no staircase.")
    assert "not a known key" in said["program[0].trades"]
    assert "0.2 V" in said["program[0].tread"]


def test_the_window_offers_it_and_draws_what_is_worth_drawing(story):
    assert "staircase" in story["form"]["adds"]
    assert {"start", "stop", "treads", "tread"} <= set(story["form"]["fields"])
    assert story["page"] == "I-t"
    assert story["panels"] == ["E-t", "I-t", "approach"]


def test_its_own_curve_is_drawn_by_the_report_and_offered_by_the_window(story):
    """Five treads of 0.1 to 0.5 V over 1 Gohm, for each staircase that ran."""
    assert [step for step, *_ in story["ladder"]] == [0, 1, 2]
    _, potential, current = story["ladder"][0]
    np.testing.assert_allclose(potential, np.linspace(0.1, 0.5, 5), atol=1e-3)
    np.testing.assert_allclose(current, np.array(potential) * 1e-9, rtol=0.02)
    assert "ladder-step-0" in story["drawn"]


def test_without_the_package_the_file_opens_and_the_plan_says_what_is_missing(story):
    assert "staircase" not in kinds()
    with seccm.open(story["path"]) as scan:
        assert len(scan.site(0).t) > 0
        with pytest.raises(seccm.PlanError) as said:
            seccm.Plan.from_json(scan.plan_json)
    assert said.value.problems[0].where == "program[0].step"
    assert '"staircase"' in said.value.problems[0].what


class Waiting(StepSpec):
    """Wait."""

    step: Literal["waiting"] = "waiting"
    duration: Duration


def waiting(step: Waiting, setting: Setting) -> Act:
    """Impose nothing for a while."""
    return Act("open", Constant(0.0, setting.number(step.duration)), "waiting")


@pytest.fixture
def registered() -> Iterator[None]:
    """A kind that a script adds after plans were read; taken out again afterwards."""
    assert plan_of(REST)
    kind = Kind("waiting", Waiting, waiting)
    register(kind)
    yield
    _KINDS._registered.remove(kind)
    _KINDS._found = None
    _learn()


def test_what_a_plan_says_for_the_analysis_goes_with_the_step():
    """A density, such as that of particles, is in no waveform."""
    act = Act("open", Constant(0.0, 1.0), "waiting", given=(("density", 4300.0),))
    segment = Segment.of(act, "waiting", 2, (0,), "rest")
    assert dict(segment.given) == {"density": 4300.0}
    assert (segment.index, segment.name, segment.raw) == (2, "rest", False)


@pytest.mark.usefixtures("registered")
def test_a_script_adds_a_kind_after_plans_were_read():
    """Also inside of repeats and ifs; a kind with nothing but its spec and what it imposes."""
    step = {"step": "waiting", "duration": "2 s", "name": "wait"}
    when = {"from": "wait", "take": "time", "above": "1 s"}
    asks = {"step": "if", "when": when, "program": [{**step, "name": "more"}]}
    plan = plan_of(step, {"step": "repeat", "times": 2, "program": [asks]})
    assert [s.kind for s in run(plan, came_to(time=2.0))] == ["waiting"] * 3
    assert seccm.Plan.from_json(plan.to_json()) == plan
    named = str(seccm.Plan.model_json_schema()["properties"]["program"])
    assert "waiting" in named
    with pytest.raises(ValueError, match='"waiting" already'):
        register(Kind("waiting", Waiting, waiting))


def test_a_kind_that_was_added_is_gone_again():
    assert "waiting" not in kinds()
    with pytest.raises(seccm.PlanError):
        plan_of({"step": "waiting", "duration": "2 s"})
