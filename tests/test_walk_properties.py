"""Whatever a programme looks like and whatever is measured, the walk keeps to its bounds."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programmes import plan_of

import seccm
from seccm.errors import ContactError
from seccm.plan import Plan
from seccm.program.live import Known, Live
from seccm.program.program import Program
from seccm.program.segment import Segment
from seccm.program.tree import bounds, part_at, parts

PERIOD = 2.57e-3
VALUE = st.floats(-2.0, 2.0)


@st.composite
def programmes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A programme whose references are all provided: steps, repeats and ifs in one another."""
    numbers = count()

    def steps(known: list[str], depth: int) -> tuple[list[dict[str, Any]], list[str]]:
        found, known = [], list(known)
        for _ in range(draw(st.integers(1, 3))):
            node, new = step(known, depth)
            found.append(node)
            known += new
        return found, known

    def question(known: list[str]) -> dict[str, Any]:
        side = draw(st.sampled_from(["above", "below"]))
        return {"from": draw(st.sampled_from(known)), "take": "E", side: f"{draw(VALUE):.3f} V"}

    def step(known: list[str], depth: int) -> tuple[dict[str, Any], list[str]]:
        kind = draw(st.sampled_from(["rest", "hold", "wait", "repeat", "over", "if"]))
        if kind in ("repeat", "over") and depth < 3:
            inside, after = steps(known, depth + 1)
            node = {"step": "repeat", "times": draw(st.integers(1, 3)), "program": inside}
            if kind == "over":  # its value is the offset of a step that follows, and a duration
                name = f"v{next(numbers)}"
                del node["times"]
                values = [f"{v:.3f} s" for v in draw(st.lists(VALUE, min_size=1, max_size=3))]
                node["over"] = {name: [value.replace("-", "") for value in values]}
                inside.append({"step": "open circuit", "duration": {
                    "from": "last constant potential", "take": "time", "offset": f"${name}",
                    "within": ["0.5 s", "6 s"]}})  # fmt: skip
            if draw(st.booleans()):
                node["until"] = question(after)
            return node, [name for name in after if name not in known]
        if kind == "if" and known and depth < 3:
            arms = [steps(known, depth + 1)[0] for _ in range(draw(st.integers(1, 2)))]
            node = {"step": "if", "when": question(known), "program": arms[0]}
            return {**node, **({"otherwise": arms[1]} if len(arms) > 1 else {})}, []
        name = f"s{next(numbers)}"
        node = {"step": "open circuit", "duration": "1 s", "name": name}
        source = draw(st.sampled_from(known)) if known else ""
        if kind == "hold" and known:
            low, high = sorted((draw(VALUE), draw(VALUE)))
            node |= {"step": "constant potential", "potential": {
                "from": source, "within": [f"{low:.3f} V", f"{high:.3f} V"]}}  # fmt: skip
        if kind == "wait" and known:
            node |= {"duration": {"from": source, "within": ["0.5 s", "2 s"]}}
        return node, [name]

    first = {"step": "constant potential", "potential": "0 V", "duration": "1 s", "name": "first"}
    return [first, *steps(["first"], 0)[0]]


def came_to(data: st.DataObject) -> Known:
    return Known(data.draw(VALUE), 0.0, 0.0, data.draw(st.floats(0.4, 2.1)))


@settings(max_examples=150, deadline=None)
@given(programmes(), st.data())
def test_a_walk_keeps_to_the_plan(program: list[dict[str, Any]], data: st.DataObject) -> None:
    """It asks only of what has run, stays within the bounds that were checked, and comes to an end;
    a value that is not allowed ends it, and every step that ran is known again."""
    plan = plan_of(*program)
    site = plan.sites()[0]
    assert isinstance(site.program, Program)
    walk, live = site.program.walk(), Live()
    ran: list[Segment] = []
    refused = ""
    try:
        while (segment := walk.next(live)) is not None:
            ran.append(segment)
            live.tell(segment.name, came_to(data), segment.kind)
    except ContactError as error:
        refused = error.code
    assert refused in ("", "out-of-range")
    allowed = {part.key: [] for part in parts(plan.program)}
    for part, act in site.program.parts():
        allowed[part.key].append(act)
    for index, segment in enumerate(ran):
        part = part_at(plan.program, segment.path)
        assert (segment.index, segment.kind) == (index, part.kind)
        lows, highs = zip(*(act.waveform.extremes for act in allowed[part.key]), strict=True)
        lasts = [act.waveform.duration for act in allowed[part.key]]
        assert min(lows) <= segment.waveform.extremes[0]
        assert segment.waveform.extremes[1] <= max(highs)
        assert min(lasts) <= segment.waveform.duration <= max(lasts)
        assert site.program.ran(index, segment.path, segment.resolved) == segment
    least, most = bounds(plan.program, lambda _: (1.0, 1.0))
    shortest, longest = site.program.lasts(PERIOD)
    seconds = sum(segment.waveform.duration + PERIOD for segment in ran)
    assert len(ran) <= most
    assert seconds <= longest + 1e-9
    if not refused:
        assert least <= len(ran)
        assert shortest - 1e-9 <= seconds
    paths = [segment.path for segment in ran]
    assert len(set(paths)) == len(paths)
    assert set(paths) <= {segment.path for segment in site.segments}


@settings(max_examples=60, deadline=None)
@given(programmes())
def test_a_programme_reads_back_as_it_is(program: list[dict[str, Any]]) -> None:
    plan = plan_of(*program)
    assert Plan.from_json(plan.to_json()) == plan


@settings(max_examples=60, deadline=None)
@given(programmes(), st.data())
def test_without_the_step_that_is_followed_a_plan_is_refused(
    program: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Every reference is told, and nothing else."""
    plan = plan_of(*program)
    followed = sorted({name for name in sources(program) if not name.startswith("last ")})
    if not followed:
        return
    name = data.draw(st.sampled_from(followed))
    text = plan.to_json().replace(f'"name": "{name}"', '"name": "other"')
    with pytest.raises(seccm.PlanError) as said:
        Plan.from_json(text)
    wheres = [problem.where for problem in said.value.problems]
    assert wheres
    assert all(where.endswith(".from") for where in wheres)
    assert len(wheres) == sources(program).count(name)


def sources(node: Any) -> list[str]:
    """Every name that is asked for."""
    if isinstance(node, dict):
        own = [node["from"]] if "from" in node else []
        return own + [name for value in node.values() for name in sources(value)]
    return [name for value in node for name in sources(value)] if isinstance(node, list) else []
