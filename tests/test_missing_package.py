"""A plan with a kind of a package that is not here says that a package may be missing."""

from __future__ import annotations

from typing import Any

import pytest

import seccm
from seccm.open_kinds import OpenKinds, thing_of
from seccm.plan import contacts, ways
from seccm.program.registry import kinds

SAYS = "that a package brings is known where that package is installed"


def told(*path: str | int, value: object) -> list[seccm.Problem]:
    """Return the mistakes of a good plan in which one value is another."""
    tables: dict[str, Any] = seccm.load_plan("redox-cv-map").to_dict()
    at: Any = tables
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    with pytest.raises(seccm.PlanError) as error:
        seccm.Plan.from_dict(tables)
    return list(error.value.problems)


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        (("program", 0, "step"), "step"),
        (("approach", "contact", "kind"), "contact"),
        (("way", "kind"), "way"),
    ],
)
def test_an_unknown_kind_of_an_open_list_may_be_of_a_package(path, thing):
    (found,) = (p for p in told(*path, value="zzz") if p.where.endswith(str(path[-1])))
    assert f"A {thing} {SAYS}" in found.what
    assert '"zzz"' in found.what


@pytest.mark.parametrize(
    ("path", "near"),
    [
        (("program", 0, "step"), "cvv"),
        (("approach", "contact", "kind"), "curent threshold"),
        (("way", "kind"), "hoping"),
    ],
)
def test_a_slip_of_the_pen_is_no_package(path, near):
    (found,) = (p for p in told(*path, value=near) if p.where.endswith(str(path[-1])))
    assert SAYS not in found.what
    assert "Did you mean" in found.remedy


@pytest.mark.parametrize("path", [("sites", "kind"), ("sites", "order"), ("on_no_contact", "then")])
def test_a_list_that_is_closed_says_nothing_of_packages(path):
    assert not any(SAYS in problem.what for problem in told(*path, value="zzz"))


def test_open_lists_are_known_by_their_names():
    assert thing_of(kinds()) == "step"
    assert thing_of([*kinds(), "repeat", "if"]) == "step"
    assert thing_of(contacts.KINDS.all()) == "contact"
    assert thing_of(ways.KINDS.all()) == "way"
    assert thing_of(["cv"]) == thing_of([]) == ""


def test_a_list_without_kinds_stands_for_nothing():
    empty: OpenKinds[str] = OpenKinds("thing", "no.such.group", tuple, str, lambda _: None)
    assert not empty.all()
    assert thing_of(["zzz"]) == thing_of([]) == ""
