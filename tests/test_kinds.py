"""A kind of step says everything about itself in one place; nothing else names it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import tomlkit
from made_scans import lithium, small_cycling, write_scan

import seccm
from seccm.analysis.features import area_of
from seccm.analysis.step_features import arrays_of, measured, phrase_of
from seccm.analysis.step_trace import step_traces
from seccm.data import open_scan
from seccm.plan import Plan, load_plan
from seccm.plan.library import plans
from seccm.program.kind import Kind
from seccm.program.registry import kind_of, kinds
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.tree import name_of, parts
from seccm.program.yielded import results_of
from seccm.rig import Constant, Sines

HERE = Path(seccm.__file__).parents[1]
PRODUCT = [
    path for top in ("seccm", "ui", "sim", "hardware") for path in (HERE / top).rglob("*.py")
]
BUILT_IN = HERE / "seccm" / "steps"
AUTHORS = (HERE / "seccm" / "readers", HERE / "seccm" / "plan" / "starting.py",
           HERE / "seccm" / "cli" / "new_commands.py", HERE / "sim" / "palmsens",
           HERE / "ui" / "manual_pictures.py")  # fmt: skip
"""What writes plans, as a person does, and what is drawn for the manual: both name steps, and
nothing follows from the names; and a maker's library, whose methods have names of their own."""
SHARED = {
    "__init__", "approach_curve", "impact_events", "inserting", "kinetics", "level_series", "ohmic",
    "peaks", "rate_series", "separation", "staircase", "stairs", "sweeping", "voltammogram",
}  # fmt: skip
"""Files that kinds of step use, and that are none themselves."""


def words_in(path: Path) -> tuple[set[str], set[str]]:
    """Every text of a file that is no docstring; and every name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts, names = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts |= set() if id(node) in documents else {node.value}
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.name.rsplit(".", 1)[-1])
    return texts, names


def test_the_name_and_the_spec_of_a_kind_stand_in_its_own_file_alone():
    words = {path: words_in(path) for path in PRODUCT}
    for kind in kinds().values():
        where = [path for path, (texts, names) in words.items()
                 if kind.name in texts or kind.spec.__name__ in names | texts]  # fmt: skip
        where = [path for path in where if not {path, *path.parents} & set(AUTHORS)]
        assert len(where) == 1, f"{kind.name} is named in {where}"
        assert where[0].parent == BUILT_IN


def test_every_file_of_the_built_in_steps_is_a_kind_or_serves_several():
    files = {path.stem for path in BUILT_IN.glob("*.py")} - SHARED
    assert files == {kind.spec.__module__.rsplit(".", 1)[-1] for kind in kinds().values()}


@pytest.mark.parametrize("name", kinds())
def test_a_kind_agrees_with_its_spec(name):
    kind = kinds()[name]
    field = kind.spec.model_fields["step"]
    assert field.default == name
    assert kind.spec.__doc__


@pytest.mark.parametrize("name", kinds())
def test_what_a_new_step_begins_with_is_a_step(name):
    plan = with_steps([{"step": name, **(kinds()[name].example or {})}])
    (part,) = parts(plan.program)
    assert part.kind == name == name_of(part.spec)
    act = kinds()[name].resolve(part.spec, setting(plan))
    assert act.waveform.duration > 0.0
    assert act.label


@pytest.mark.parametrize("name", kinds())
def test_what_a_kind_begins_with_is_what_it_imposes_first(name):
    plan = with_steps([{"step": name, **(kinds()[name].example or {})}])
    kind, spec = kinds()[name], next(parts(plan.program)).spec
    begins, act = kind.begins(spec), kind.resolve(spec, setting(plan))
    if act.mode == "open":
        assert begins is None
        return
    assert begins is not None
    assert begins.quantity.startswith(act.mode)
    assert getattr(spec, begins.key) == begins.value
    wave = act.waveform
    first = wave.level if isinstance(wave, Sines) else wave.at(np.zeros(1))[0]
    assert first == pytest.approx(begins.value)


def test_every_kind_says_what_it_yields_and_measures_no_more():
    for kind in kinds().values():
        plan = with_steps([{"step": kind.name, **(kind.example or {})}])
        (segment,) = plan.sites()[0].segments
        assert set(kind.declared(segment, ())) <= set(kind.results)
        assert kind.curves


def test_an_unknown_step_is_refused_with_what_there_is():
    with pytest.raises(seccm.PlanError) as said:
        with_steps([{"step": "polishing", "duration": "1 s"}])
    problem = said.value.problems[0]
    assert problem.where == "program[0].step"
    for name in (*kinds(), "repeat"):
        assert f'"{name}"' in problem.what
    with pytest.raises(LookupError, match=r'"polishing" is not a kind of step\. There are "cv"'):
        kind_of("polishing")


def test_a_file_with_steps_of_a_package_that_is_missing_still_yields_charges():
    step = Segment(0, "polishing", "", "open", Constant(0.0, 1.0))
    assert [result.name for result in results_of(step, ())] == ["Q", "ended_by"]
    assert phrase_of(step, {}).words == ""


def test_the_shipped_plans_use_kinds_that_there_are():
    for path in plans().values():
        document = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        assert document["program"]
        assert all(isinstance(kinds()[part.kind], Kind) for part in parts(load_plan(path).program))


def with_steps(program: list[dict[str, object]]) -> Plan:
    plan = load_plan("redox-cv-map").to_dict()
    hold = {"potential": 0.1}
    contact = {"kind": "current threshold", "threshold": 5e-12, "polarity": "either"}
    plan["approach"] = {**plan["approach"], "hold": hold, "contact": contact}
    return Plan.from_dict({**plan, "factors": {}, "design": {}, "program": program})


def setting(plan: Plan) -> Setting:
    return plan.setting(plan.conditions[0])


def test_every_cycle_of_a_voltammogram_has_its_numbers(tmp_path):
    """The first and the last one are those that the table of sites has."""
    plan = small_cycling()
    with open_scan(write_scan(tmp_path / "scan.h5", plan, lithium)) as scan:
        record = scan.record(0)
    (trace,) = step_traces(plan.sites()[0], record, plan.reference.offset, area_of(plan))
    assert trace is not None
    numbers, arrays = measured(trace, ()), arrays_of(trace, ())
    wanted = {r.name for r in results_of(trace.segment, ()) if r.dims}
    assert set(arrays) == wanted
    for name, values in arrays.items():
        if f"{name.removesuffix('_of_cycles')}_last" not in numbers:
            continue
        quantity = name.removesuffix("_of_cycles")
        assert values.values.shape == values.errors.shape == (round(numbers["cycles"].value),)
        assert values.values[0] == numbers[f"{quantity}_first"].value
        assert values.values[-1] == numbers[f"{quantity}_last"].value
