"""What a plan's contact and its first step deserve to be told before anything moves."""

from __future__ import annotations

from typing import Any

import pytest
from small_plan import RIG_OF

import seccm
from seccm.errors import Problem
from seccm.plan import Plan, load_plan, plans
from seccm.rig import Mounted, RigInfo
from seccm.rigs import build_rig, load_rig
from seccm.suggestion import applied

CV, RX, CB = "li-on-au-cv", "redox-cv-map", "li-on-au-combinatorial"
RIGS = ("virtual", "virtual-nidaq")
ON = [(name, rig) for name in sorted(plans()) for rig in RIGS if name not in RIG_OF]
ABOUT = ("approach.contact", "approach.hold", "program[0].start", "program[1].start")


@pytest.fixture(scope="module")
def infos() -> dict[str, RigInfo]:
    """What the rigs that come with the program can do."""
    mounted = Mounted("li-on-au", 6e-6)
    own = {rig: seccm.check(load_plan(name), load_rig(rig))[0] for name, rig in RIG_OF.items()}
    return {name: build_rig(load_rig(name), mounted).info for name in RIGS} | own


def warned(info: RigInfo, name: str, **changes: Any) -> list[Problem]:
    """Check a plan with changes, by the keys of its tables, such as approach={"hold": ...}."""
    data = load_plan(name).to_dict()
    for table, change in changes.items():
        data[table] = change if isinstance(change, list) else {**data[table], **change}
    found = Plan.from_dict(data).check(info)
    assert not [p for p in found if p.severity == "error" and p.where.startswith(ABOUT)]
    return [p for p in found if p.where.startswith(ABOUT)]


def contact(**changes: Any) -> dict[str, Any]:
    """Return an approach with a contact by a current threshold."""
    return {"contact": {"kind": "current threshold", "threshold": "5 pA", **changes}}


@pytest.mark.parametrize(("name", "rig"), [*ON, *RIG_OF.items()])
def test_the_plans_that_come_with_the_program_are_not_warned_of(
    name: str, rig: str, infos: dict[str, RigInfo]
) -> None:
    """An alarm that is always heard is not heard."""
    assert warned(infos[rig], name) == []


@pytest.mark.parametrize(
    ("name", "hold", "polarity", "comes"),
    [
        (CV, "1.47 V", "anodic", "cathodic"),  # -1.58 V against the wire
        (CV, "1.47 V", "cathodic", ""),
        (CV, "1.47 V", "either", ""),
        (CV, "3.25 V", "cathodic", "anodic"),
        (CV, "3.25 V", "anodic", ""),
        (CV, "3.10 V", "cathodic", ""),  # 50 mV against the wire: nobody can tell
        (RX, "0.25 V", "cathodic", "anodic"),
        (RX, "0.25 V", "anodic", ""),
        (RX, "-0.25 V", "anodic", "cathodic"),
    ],
)
def test_a_polarity_that_the_hold_does_not_give_is_warned_of(
    name: str, hold: str, polarity: str, comes: str, infos: dict[str, RigInfo]
) -> None:
    """The sign of the charging current at contact is that of the raw potential, where it is clear.

    The virtual rig agrees: with the polarity that is warned of it finds no surface.
    """
    approach = {"hold": {"potential": hold}, **contact(polarity=polarity)}
    step = {"step": "constant potential", "potential": hold, "duration": "1 s"}
    found = warned(infos["virtual"], name, approach=approach, program=[step])
    assert [p.where for p in found] == (["approach.contact.polarity"] if comes else [])
    for problem in found:
        assert problem.severity == "warning"
        assert f'"{comes}"' in problem.remedy
        assert hold in problem.what
        assert problem.suggestion is not None
        data = applied({"approach": approach}, problem.suggestion)
        assert warned(infos["virtual"], name, approach=data["approach"], program=[step]) == []


@pytest.mark.parametrize("kind", ["threshold", "rise"])
@pytest.mark.parametrize("rig", RIGS)
def test_a_threshold_within_the_noise_of_the_rig_is_warned_of(
    rig: str, kind: str, infos: dict[str, RigInfo]
) -> None:
    """With the current that the rig reads while nothing touches, and one that is safe."""
    info = infos[rig]
    assert 0.1e-12 < info.idle_current < 1.4e-12
    for level, is_faint in ((0.5 * info.idle_current, True), (1.01 * info.idle_current, False)):
        rule = {"kind": f"current {kind}", kind: level, "polarity": "either"}
        found = warned(info, CV, approach={"contact": rule})
        assert [p.where for p in found] == [f"approach.contact.{kind}"] * is_faint
        for problem in found:
            assert problem.suggestion is not None
            rule = {**rule, kind: problem.suggestion.value}
            assert warned(info, CV, approach={"contact": rule}) == []


def sweep(start: str, cycles: int | None = None) -> dict[str, Any]:
    """Return a sweep: a single one, or a voltammogram of some cycles."""
    if cycles is None:
        return {"step": "lsv", "start": start, "stop": "0.4 V", "scan_rate": "0.1 V/s"}
    return {"step": "cv", "start": start, "vertices": ["0.4 V"], "cycles": cycles,
            "scan_rate": "0.1 V/s"}  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([sweep("-0.25 V")], ("-0.25 V", "0.25 V", "500 mV", "part of the sweep")),
        ([sweep("-0.25 V", 1)], ("500 mV", "part of the sweep", "two cycles")),
        ([sweep("-0.25 V", 2)], ()),
        ([sweep("-0.30 V", 3)], ("550 mV", "part of the first cycle")),
        ([sweep("0.25 V")], ()),
        ([sweep("0.21 V")], ()),
        (
            [{"step": "constant potential", "potential": "-0.25 V", "duration": "1 s"},
             sweep("-0.25 V")],
            (),
        ),
        (
            [{"step": "constant potential", "potential": "0.25 V", "duration": "1 s"},
             sweep("-0.25 V")],
            ("500 mV",),
        ),
        ([{"step": "open circuit", "duration": "1 s"}, sweep("-0.25 V")], ()),
    ],
)  # fmt: skip
def test_a_sweep_that_starts_away_from_what_was_imposed_is_warned_of(
    steps: list[dict[str, Any]], words: tuple[str, ...], infos: dict[str, RigInfo]
) -> None:
    """By the hold or by the step before; after an open circuit nobody knows."""
    found = warned(infos["virtual"], RX, program=steps)
    assert len(found) == bool(words)
    for problem in found:
        assert problem.where == f"program[{len(steps) - 1}].start"
        assert problem.severity == "warning"
        assert "Rest at" in problem.remedy
        assert all(word in str(problem) for word in words)
        once = steps[-1].get("cycles") == 1
        assert ("cycles" in problem.remedy) == once, "only a step that has cycles can take two"


def test_a_galvanostat_that_imposes_nothing_is_warned_of(infos: dict[str, RigInfo]) -> None:
    """0 A never reach the overload that a drop is counted from."""
    approach = {"hold": {"current": "0 A"}}
    assert [p.where for p in warned(infos["virtual"], CB, approach=approach)] == ["approach.hold"]
