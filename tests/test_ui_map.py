"""What a map knows: values, selections, statistics, colours, places."""

from __future__ import annotations

import numpy as np
import pytest
from planned_maps import map_of
from small_plan import grid, small

from seccm.events import Landed, Landing, Outcome, SiteAnalysed, SiteFinished, SiteStarted
from seccm.results import Status
from ui.models.colours import coloured, condition_colours, limits_of, outcome_colours, shown
from ui.models.palette import DARK, PALETTES, Sizes
from ui.models.quantity import Quantity, Z
from ui.models.readings import current_at
from ui.models.sample import samples
from ui.models.showing import Showing
from ui.models.site_map import CONDITION, OUTCOME, SiteMap

LUT = np.stack([np.arange(256)] * 3 + [np.full(256, 255)], axis=1).astype(np.uint8)


@pytest.fixture
def sites() -> SiteMap:
    made = map_of(small(sites=grid(columns=4, rows=3)))
    made.name_units({"E_nuc": ("V", "nucleation potential"), "j": ("A/m^2", "current density")})
    return made


def visit(sites: SiteMap, number: int, outcome: Outcome = Outcome.OK, value: float = -0.1,
          status: Status = Status.OK) -> None:  # fmt: skip
    sites.hear(SiteStarted(0, number))
    if outcome is Outcome.OK:
        sites.hear(Landed(1, number, Landing(1, 5e-5, 5.1e-5, 0, 0, 0, 0, 0), None))
    sites.hear(SiteFinished(2, number, outcome, ""))
    if outcome is Outcome.OK:
        sites.hear(SiteAnalysed(number, {"E_nuc": value}, "", {"E_nuc": status}))


def test_a_map_follows_the_events(sites: SiteMap):
    sites.hear(SiteStarted(0, 0))
    assert sites.current == 0
    visit(sites, 0, value=-0.12)
    visit(sites, 1, Outcome.NO_CONTACT)
    assert sites.current is None
    assert sites.values("E_nuc")[0] == -0.12
    assert sites.values(Z)[0] == 5.1e-5
    assert np.isnan(sites.values(Z)[1])
    assert sites.upcoming(2).tolist() == [2, 3]
    assert sites.names[0] == "E_nuc"


def test_statistics_count_regular_ends_that_have_a_trusted_number(sites: SiteMap):
    visit(sites, 0, value=-0.1)
    visit(sites, 1, value=-0.2)
    visit(sites, 2, value=-0.3, status=Status.EDGE)
    visit(sites, 3, Outcome.NO_CONTACT)
    found = samples(sites, "E_nuc")[0]
    assert found.values.tolist() == [-0.1, -0.2]
    assert found.doubtful == {Status.EDGE.caveat: 1}
    assert (found.caveat, found.missing) == ("", 1)
    sites.select(0)
    sites.select(3, more=True)
    found = samples(sites, "E_nuc")[0]
    assert (found.values.tolist(), found.missing) == ([-0.1], 1)


def test_potentials_that_still_drift_are_not_averaged_with_those_that_do_not(sites: SiteMap):
    visit(sites, 0, value=-0.1)
    visit(sites, 1, value=-0.2, status=Status.DRIFTING)
    visit(sites, 2, value=-0.4, status=Status.DRIFTING)
    visit(sites, 3, value=-0.9, status=Status.END)
    found = samples(sites, "E_nuc")[0]
    assert found.values.tolist() == [-0.1]
    assert found.apart == {Status.DRIFTING.caveat: 2, Status.END.caveat: 1}
    sites.select_condition(None)
    for number in (1, 2, 3):
        sites.select(number, more=True)
    found = samples(sites, "E_nuc")[0]
    assert (found.values.tolist(), found.caveat) == ([-0.2, -0.4], Status.DRIFTING.caveat)
    assert found.apart == {Status.END.caveat: 1}


def test_selecting_again_with_ctrl_takes_a_site_out(sites: SiteMap):
    sites.select(4)
    sites.select(5, more=True)
    assert sites.selection == (4, 5)
    sites.select(4, more=True)
    assert sites.selection == (5,)
    sites.select(None)
    assert sites.selection == ()


def test_a_condition_selects_its_sites():
    made = map_of(
        small(
            factors={"j": ["-1 nA", "-2 nA"]},
            program=[{"step": "constant current", "current": "$j", "duration": 1.0}],
            sites=grid(columns=4, rows=3),
        )
    )
    made.select_condition(1)
    assert len(made.selection) == 6
    assert {made.label(k) for k in made.selection} == {"j = −2 nA"}


def test_the_mouse_finds_the_nearest_site_or_none(sites: SiteMap):
    assert sites.nearest(10.2e-6, 0.1e-6, 6e-6) == 1
    assert sites.nearest(200e-6, 0.0, 6e-6) is None
    assert sites.pitch == pytest.approx(10e-6)


def test_sites_without_a_value_have_the_colour_of_their_outcome(sites: SiteMap):
    visit(sites, 0, value=-0.1)
    visit(sites, 1, value=-0.3)
    visit(sites, 2, Outcome.NO_CONTACT)
    seen = shown(sites, "E_nuc", Showing("Li/Li+"))
    colours = coloured(sites, "E_nuc", seen.values, (-300.0, -100.0), LUT, DARK)
    assert colours[0, 0] == 255
    assert colours[1, 0] == 0
    assert (colours[2] == outcome_colours(DARK)[Outcome.NO_CONTACT]).all()
    assert (colours[3] == outcome_colours(DARK)[Outcome.PLANNED]).all()
    by_outcome = coloured(sites, OUTCOME, seen.values, (0, 1), LUT, DARK)
    assert (by_outcome[2] == outcome_colours(DARK)[Outcome.NO_CONTACT]).all()
    by_condition = coloured(sites, CONDITION, seen.values, (0, 1), LUT, DARK)
    assert (by_condition[0] == condition_colours(1, DARK)[0]).all()


def test_what_is_shown_has_a_unit_a_reference_and_the_convention(sites: SiteMap):
    visit(sites, 0, value=-0.1)
    seen = shown(sites, "E_nuc", Showing("Li/Li+", other="SHE", shift=-3.0))
    assert seen.values[0] == pytest.approx(-3100.0)
    assert seen.title == "<i>E</i><sub>nuc</sub> vs SHE (mV)"
    assert seen.back(-3100.0) == pytest.approx(-0.1)
    sites.quantities["j"].values[:] = -7.8
    turned = shown(sites, "j", Showing("Li/Li+", polarographic=True))
    assert turned.values[0] == pytest.approx(0.78)
    assert turned.unit == "mA cm⁻²"


def test_a_unit_that_serves_is_kept(sites: SiteMap):
    sites.add(Quantity("i", "A", "", np.full(12, 1.2e-9)))
    first = shown(sites, "i", Showing())
    assert first.unit == "nA"
    sites.quantities["i"].values[:] = 0.8e-9
    assert shown(sites, "i", Showing()).unit == "pA"
    assert shown(sites, "i", Showing(), first).unit == "nA"


def test_a_few_far_values_do_not_wash_out_the_colours():
    values = np.concatenate([np.linspace(1.0, 2.0, 50), [1e6]])
    assert limits_of(values)[1] < 10.0


def test_the_current_at_a_potential_is_that_of_the_first_crossing():
    E = np.concatenate([np.linspace(0, 1, 51), np.linspace(1, 0, 50)])
    current = np.concatenate([np.linspace(0, 2e-9, 51), np.zeros(50)])
    assert current_at(E, current, 0.505) == (pytest.approx(1.01e-9), 25)
    assert current_at(E, current, 5.0) is None


# Colours and sizes that people can see and hit


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", PALETTES)
def test_text_can_be_read_on_its_ground(name: str):
    p = PALETTES[name]
    for ground in (p.ground, p.panel, p.raised):
        for ink in (p.text, p.muted, p.good, p.bad, p.warn, p.accent):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast("#ffffff", p.danger) >= 4.5
    assert contrast("#ffffff", p.start) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
def test_curves_stand_out_from_the_panel(name: str):
    p = PALETTES[name]
    for ink in (p.potential, p.current, p.charge, p.signal, *p.overlays):
        assert contrast(ink, p.panel) >= 3.0, ink
    assert contrast(p.before, p.panel) < contrast(p.mean, p.panel)


@pytest.mark.parametrize("dots", [80.0, 96.0, 163.0, 220.0])
def test_gloved_fingers_get_22_mm_and_15_mm_at_the_true_size_of_the_screen(dots: float):
    sizes = Sizes.of(dots, glove=True)
    assert sizes.target / dots * 25.4 >= 21.9
    assert sizes.readout / dots * 25.4 >= 14.9


def test_a_fine_screen_gets_larger_letters():
    assert Sizes.of(163.0, glove=False).font > 1.5 * Sizes.of(96.0, glove=False).font
