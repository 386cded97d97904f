"""Kinds of contact of another package, installed beside the program, in whole runs.

Nothing in the product names them; `tests/foreign` is such a package.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from foreign_stories import FOREIGN, told_by
from rig_contract import RigContract
from small_plan import INFO, POTENTIOSTATIC, small

import seccm
from seccm.open_kinds import OpenKinds
from seccm.plan.contacts import KINDS, ContactKind
from seccm.rig import ContactRule, Mounted, Rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

sys.path.insert(0, str(FOREIGN))
from foreign_contacts import Band, BandContact, LockInContact, NotAContact

sys.path.remove(str(FOREIGN))


def story(kind: str, folder: Path) -> dict[str, Any]:
    """Carry out the story of one kind in a program that has the package installed."""
    return told_by("story_of_contacts.py", kind, folder)


@pytest.mark.parametrize("kind", ["lock-in", "band"])
def test_a_contact_of_another_package_is_used_in_a_whole_run(kind: str, tmp_path: Path) -> None:
    """Stopped, resumed, analysed, reported and browsed; and read where the package is missing."""
    found = story(kind, tmp_path)
    assert found["state"] == "complete"
    assert found["status"] == [int(seccm.Outcome.OK)] * 2
    assert found["quality"] == [0, 0]
    # The surface of the virtual rig is at 50 um, and the hanging drop touches first.
    assert all(50e-6 < z < 54e-6 for z in found["z"])
    # This program does not have the package.
    assert kind not in KINDS.all()
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert len(scan.site(0).t) > 0
        with pytest.raises(seccm.PlanError) as said:
            seccm.Plan.from_json(scan.plan_json)
    assert said.value.problems[0].where == "approach.contact.kind"
    assert f'"{kind}"' in said.value.problems[0].what


class TestBand(RigContract):
    """The whole contract of a rig, with a rule that the program knows by its methods alone."""

    rule: ContactRule = Band(5e-12)  # type: ignore[misc]

    @pytest.fixture
    def rig(self) -> Rig:
        """The virtual rig over a resistor."""
        return VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)


def fresh() -> OpenKinds[type[ContactKind]]:
    """The program's own kinds of contact, to which a test may add others."""
    return OpenKinds(
        "contact",
        "seccm.nothing",
        lambda: KINDS.all().values(),
        lambda kind: str(kind.model_fields["kind"].default),
        lambda kind: None,
    )


def test_a_script_adds_a_kind_and_hears_of_it() -> None:
    kinds, heard = fresh(), []
    kinds.on_register(lambda: heard.append(len(kinds.all())))
    before = len(kinds.all())
    kinds.register(BandContact)
    assert heard == [before + 1]
    assert kinds.of("band") is BandContact
    kinds.register(BandContact)  # the same one again does no harm
    assert len(kinds.all()) == before + 1


def test_two_kinds_cannot_have_one_name() -> None:
    class Other(LockInContact):
        """Another one of that name."""

    kinds = fresh()
    kinds.register(LockInContact)
    with pytest.raises(ValueError, match=r'contact "lock-in" already'):
        kinds.register(Other)
    with pytest.raises(
        LookupError, match=r'"radar" is not a kind of contact\. There are "potential'
    ):
        kinds.of("radar")


def test_what_is_no_kind_of_contact_is_refused() -> None:
    with pytest.raises(TypeError, match="not a subclass"):
        KINDS.register(NotAContact)  # type: ignore[arg-type]


def test_a_package_that_fails_is_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program and its own kinds go on working."""
    points = [EntryPoint("broken", "not_there:Kind", "g"), EntryPoint("none", "json:dumps", "g")]
    monkeypatch.setattr("seccm.open_kinds.entry_points", lambda group: points)

    def fits(kind: object) -> None:
        if kind is json.dumps:
            raise TypeError("no kind")

    kinds: OpenKinds[str] = OpenKinds("step", "g", lambda: ["own"], str, fits)
    with pytest.warns(RuntimeWarning) as told:
        assert list(kinds.all()) == ["own"]
    assert ["cannot be used" in str(one.message) for one in told] == [True, True]


def test_an_unknown_kind_of_contact_is_refused_with_what_there_is() -> None:
    with pytest.raises(seccm.PlanError) as said:
        small(approach={**POTENTIOSTATIC, "contact": {"kind": "radar", "rise": 1.0}})
    (problem,) = said.value.problems
    for kind in KINDS.all():
        assert f'"{kind}"' in f"{problem.what} {problem.remedy}"


def test_a_rig_without_the_signal_is_refused_before_anything_moves() -> None:
    """By the plan's check, with what the rig does watch."""
    plan = small()
    lock_in = LockInContact(rise=1e-12)
    approach = plan.approach.model_copy(update={"contact": lock_in})
    (problem,) = plan.model_copy(update={"approach": approach}).check(INFO)
    assert problem.where == "approach.contact"
    assert '"amplitude"' in problem.what
    assert "potential, current" in problem.remedy
