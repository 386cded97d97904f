"""A way of another package, installed beside the program, in a whole run: a tip that stays.

Nothing in the product names it; `tests/foreign` is such a package.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from foreign_stories import told_by
from little_world import a_site
from small_plan import INFO, small

import seccm
from seccm.errors import PlanError
from seccm.hopping.course import Course
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import way_of
from seccm.plan.ways import KINDS, WayKind, WaySpec
from seccm.rig import Block
from seccm.ways.hopping import Hopping, HoppingSpec


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program found that has the package installed."""
    folder = tmp_path_factory.mktemp("foreign")
    return {**told_by("story_of_ways.py", folder), "path": folder / "scan.h5"}


def test_it_is_used_in_a_whole_run(story: dict[str, Any]) -> None:
    """Stopped, resumed, analysed, reported and browsed."""
    assert story["state"] == "complete"
    assert story["status"] == [int(seccm.Outcome.OK)] * 3
    assert story["report"]
    assert story["drawn"]
    assert story["rows"] == round(0.5 / 2.57e-3), "the programme of half a second, and no more"


def test_the_tip_really_stays(story: dict[str, Any]) -> None:
    """But for the noise of its sensor; and nobody invents a surface."""
    assert story["moved"] < 20e-9
    assert all(math.isnan(z) for z in story["z"])


def test_its_own_check_speaks_and_the_form_has_its_keys(story: dict[str, Any]) -> None:
    assert "approach.hold" in story["refused"]
    # Hers beside those that come with the program, whichever these are.
    assert {"held", "hopping", "fast hopping"} <= set(story["form"]["kinds"])
    assert story["form"]["fields"] == ["rest"]


def test_its_file_can_be_read_where_the_package_is_missing(story: dict[str, Any]) -> None:
    """This program does not have the package."""
    assert "held" not in KINDS.all()
    with seccm.open(story["path"]) as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 3
        assert scan.site(2).I[-1] != 0.0
    with pytest.raises(PlanError) as refused:
        seccm.analyze(story["path"])
    assert "way" in str(refused.value)


def test_a_plan_that_names_no_way_hops() -> None:
    assert small().way == HoppingSpec()
    assert all(site.way == HoppingSpec() for site in small().sites())
    assert KINDS.of("hopping").begin is Hopping


def test_a_way_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlanError) as refused:
        small(way={"kind": "hoping"})
    assert "hopping" in str(refused.value)


def test_only_a_kind_can_be_registered_and_no_name_twice() -> None:
    with pytest.raises(TypeError):
        KINDS.register("held")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hopping"):
        KINDS.register(WayKind("hopping", WaySpec, Hopping))


def test_a_visit_begins_in_the_way_of_its_site() -> None:
    rows = {name: [0.0] for name in ("potential", "current")} | {key: [5e-05] for key in "xyz"}
    block = Block(0, {k: np.array(v) for k, v in rows.items()}, np.zeros(1, np.uint8))
    way = way_of(a_site(), INFO, Course(block), Terrain())
    assert isinstance(way, Hopping)
    assert way.wet == ""
