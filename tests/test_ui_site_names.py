"""Sites that a plan names are named on maps; where nothing moves there is no way between them."""

from __future__ import annotations

import numpy as np
import pytest
from planned_maps import map_of
from pytestqt.qtbot import QtBot
from small_plan import small

from seccm.plan import load_plan
from seccm.program.registry import kinds
from ui.map_plot import MapPlot
from ui.models.colours import condition_colours
from ui.models.curve_choice import panels_of
from ui.models.draft import Draft
from ui.models.footprints import Footprints
from ui.models.map_words import of_site
from ui.models.outlook import Outlook, outlook
from ui.models.palette import PALETTES, Palette
from ui.models.site_map import LABELS
from ui.path_plot import PathPlot


def targets() -> Draft:
    """Three named particles, brought to the stage by four landmarks."""
    draft = Draft.open("li-on-au-combinatorial")
    draft.set(("factors",), None)
    draft.set(("design", "assign"), "interleaved")
    draft.set(("program",), [{"step": "constant current", "current": "-1 pA", "duration": "1 s"}])
    draft.set(("sites",), {
        "kind": "points",
        "points": [["10 um", "10 um"], ["40 um", "10 um"], ["10 um", "40 um"]],
        "labels": ["a µ", "n" * 60, "粒子"],
        "registration": {
            "planned": [[f"{x} um", f"{y} um"] for x in (0, 60) for y in (0, 60)],
            "measured": [[f"{x + 5} um", f"{y + 3} um"] for x in (0, 60) for y in (0, 60)],
        },
    })  # fmt: skip
    return draft


def looked_at(name: str) -> Outlook:
    return outlook(load_plan(name), "virtual", None, busy=True)


def test_targets_are_seen_where_they_will_be_with_their_names_and_landmarks(qtbot: QtBot):
    found = outlook(targets().plan(), "virtual", None, busy=True)
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.show_plan(found)
    assert found.places.x == pytest.approx([15e-6, 45e-6, 15e-6])
    assert found.places.y == pytest.approx([13e-6, 13e-6, 43e-6])
    assert [item.toPlainText() for item in plot._names.items] == ["a µ", "n" * 60, "粒子"]
    assert plot._names.items[0].pos().x() == pytest.approx(15e-6)
    assert len(plot._landmarks.data) == 4
    assert "landmark" in found.places.words
    assert "landmark" not in looked_at("li-on-au-combinatorial").places.words


def test_another_landmark_or_name_is_drawn_anew():
    first, second = targets(), targets()
    second.set(("sites", "labels"), ["a µ", "b", "粒子"])
    places = Footprints.of(first.plan(), first.plan().sites())
    assert places.same(Footprints.of(first.plan(), first.plan().sites()))
    assert not places.same(Footprints.of(second.plan(), second.plan().sites()))


def test_between_electrodes_that_stay_there_is_no_path_and_no_stage(qtbot: QtBot):
    plot = PathPlot()
    qtbot.addWidget(plot)
    found = outlook(load_plan("lmo-array-pitt"), "virtual-array", None, busy=False)
    plot.show_plan(found)
    assert plot._path.getData()[0] is None or not len(plot._path.getData()[0])
    assert not plot._range.isVisible()
    assert [item.toPlainText() for item in plot._names.items][:3] == ["P1", "P2", "P3"]
    plot.show_plan(looked_at("li-on-au-combinatorial"))
    assert len(plot._path.getData()[0]) > 1
    assert not plot._names.items


def test_pads_are_named_on_the_map_and_in_what_is_told_of_a_site(qtbot: QtBot):
    sites = map_of(load_plan("lmo-array-pitt"))
    plot = MapPlot(lambda _: None, lambda *_: None)
    qtbot.addWidget(plot)
    plot.follow(sites)
    assert [item.toPlainText() for item in plot.names.items] == [f"P{k}" for k in range(1, 22)]
    assert of_site(sites, 3, "outcome", None).startswith("site 3 (P4) · ")
    assert sites.who(99) == "site 99"
    plot.follow(map_of(small()))
    assert not plot.names.items


def test_a_map_of_very_many_named_sites_is_not_hidden_by_their_names(qtbot: QtBot):
    sites = map_of(load_plan("li-on-au-combinatorial"))
    plot = MapPlot(lambda _: None, lambda *_: None)
    qtbot.addWidget(plot)
    sites.called = {k: f"n{k}" for k in range(sites.x.size)}
    plot.follow(sites)
    assert len(plot.names.items) == sites.x.size <= LABELS
    none = np.zeros(LABELS, np.int64)
    sites._grow(none, none, none, none, none)
    plot.follow(sites)
    assert not plot.names.items


@pytest.mark.parametrize("moves", [True, False])
def test_an_approach_is_followed_only_where_a_tip_comes_down(moves: bool):
    for kind in kinds():
        assert ("approach" in panels_of([kind], moves=moves)) is moves


def contrast(one: np.ndarray, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1)."""

    def light(rgb: np.ndarray) -> float:
        share = rgb / 255.0
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    ground = np.array(list(bytes.fromhex(other[1:])), float)
    high, low = sorted((light(one.astype(float)), light(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize("count", [1, 2, 8, 30])
def test_every_condition_is_seen_on_the_panel(palette: Palette, count: int):
    colours = condition_colours(count, palette)[:, :3]
    assert len({tuple(c) for c in colours.tolist()}) == count
    assert min(contrast(colour, palette.panel) for colour in colours) >= 3.0
