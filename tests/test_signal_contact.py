"""A signal that a rig file adds can be a contact: one table there, and a line in the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seccm
from seccm.events import Note, SiteFinished
from seccm.rig import RigInfo
from seccm.rigs import RigFile
from sim.config import VirtualConfig
from sim.virtual_rig import describe

AMPLITUDE = {"unit": "A", "watchable": True, "follows": "current", "factor": 0.5, "noise": 1e-14}
CONTACT = {"kind": "signal change", "signal": "amplitude", "change": "2 pA"}


def info(**signals: Any) -> RigInfo:
    """The virtual rig with signals of its own."""
    return describe(VirtualConfig.model_validate({"signals": signals}))


def plan(**contact: Any) -> seccm.Plan:
    """Two short sites over a resistor."""
    return seccm.Plan.from_dict(
        {
            "title": "amplitude",
            "sample": "dummy-resistor",
            "reference": {
                "name": "Ag", "electrode": "Ag", "offset": "0 V", "provenance": "the wire"
            },
            "probe": {"aperture": "6 um", "footprint": {"ratio": 1.5, "basis": "nominal"}},
            "sites": {"kind": "grid", "columns": 2, "rows": 1, "pitch": "15 um"},
            "approach": {
                "speed": "2 um/s", "travel": "30 um", "overtravel": "250 nm",
                "contact": {**CONTACT, **contact},
            },
            "retract": {"distance": "10 um", "speed": "20 um/s"},
            "travel": {"speed": "50 um/s"},
            "program": [
                {"step": "constant potential", "potential": "0.3 V", "duration": "0.2 s"}
            ],
        },
        source="signal change",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("signal", "contact", "says"),
    [
        ({}, {}, False),
        ({"factor": -0.5}, {"side": "below"}, False),
        ({"offset": 3e-12}, {"at_rest": "any value"}, True),
    ],
)
def test_a_scan_lands_by_a_signal_of_the_rig_file(
    signal: dict[str, Any], contact: dict[str, Any], says: bool, tmp_path: Path
) -> None:
    """One that rests at zero shows an open circuit; of another one the height alone decides."""
    rig = RigFile("r", {"kind": "virtual", "signals": {"amplitude": {**AMPLITUDE, **signal}}})
    path = tmp_path / "a.h5"
    events = list(seccm.run(plan(**contact), rig, path=path, seed=1))
    ended = [e for e in events if isinstance(e, SiteFinished)]
    assert [e.outcome for e in ended] == [seccm.Outcome.OK] * 2
    told = [e.text for e in events if isinstance(e, Note)]
    assert any("height alone decides" in text for text in told) == says
    assert seccm.analyze(path) == 2
    with seccm.open(path) as scan:
        assert not scan.sites["quality"].any()


def test_a_signal_that_does_not_rest_at_zero_is_not_taken_for_open(tmp_path: Path) -> None:
    """Unless the plan says that it may have any value: past the threshold means closed."""
    signal = {**AMPLITUDE, "offset": 3e-12}
    rig = RigFile("r", {"kind": "virtual", "signals": {"amplitude": signal}})
    run = seccm.run(plan(), rig, path=tmp_path / "a.h5", seed=1)
    with pytest.raises(seccm.RigError, match="closed before the first site"):
        list(run)


@pytest.mark.parametrize(
    ("contact", "where", "words"),
    [
        ({"change": "1 mV"}, "approach.contact.change", "not in A"),
        ({"change": "5"}, "approach.contact.change", "not in A"),
        ({"signal": "z"}, "approach.contact", "amplitude. Choose another kind"),
        ({"signal": "other"}, "approach.contact", "potential, current, amplitude"),
    ],
)
def test_what_does_not_fit_the_rig_is_found_before_anything_moves(
    contact: dict[str, Any], where: str, words: str
) -> None:
    (problem,) = plan(**contact).check(info(amplitude=AMPLITUDE))
    assert problem.where == where
    assert words in f"{problem.what} {problem.remedy}"


def test_a_signal_that_the_rig_does_not_watch_is_refused() -> None:
    (problem,) = plan().check(info(amplitude={**AMPLITUDE, "watchable": False}))
    assert problem.where == "approach.contact"
    assert "watchable = true" in problem.remedy


@pytest.mark.parametrize("change", ["-5 pA", "0 pA", "red", 5])
def test_a_change_is_a_quantity_above_zero(change: object) -> None:
    with pytest.raises(seccm.PlanError) as said:
        plan(change=change)
    assert [problem.where for problem in said.value.problems] == ["approach.contact.change"]


def test_a_report_says_what_the_contact_is() -> None:
    assert plan().approach.contact.words() == "amplitude changes by 2 pA"
