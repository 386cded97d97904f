"""Maps show first what the steps are made for, and can show any signal."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_ui_levelled import a_map

from seccm.analysis.declared import main_results
from seccm.analysis.signal_means import mean_of, mean_result
from seccm.data import SiteRecord
from seccm.events import Outcome, Phase
from seccm.plan import load_plan
from seccm.program.registry import kinds
from seccm.results import Status
from seccm.rig import Flag, Signal
from seccm.rig.signals import BASIC
from ui.map_controls import MEANS, read_from_file
from ui.models.quantity import Quantity, Z
from ui.models.readings import Readings
from ui.models.site_map import CATEGORIES, LINES, PLANE, SiteMap

SHOWN_FIRST = {
    "secm-feedback-map": ("k_surface", "z_below"),
    "secm-sg-tc": ("k_surface", "z_below", "collection", "i_collected"),
    "sicm-topography": ("z_surface", "z_set"),
    "double-barrel-map": (),
    "nano-impacts": ("f_impacts", "Q_impacts", "d_impacts"),
}


def with_numbers(
    *names: str, doubtful: tuple[str, ...] = (), main: tuple[str, ...] = ()
) -> SiteMap:
    """A map with numbers of these results at every site."""
    sites = a_map(4, 3)
    sites.main = main
    for k, name in enumerate(names):
        sites.add(Quantity(name, "", "", np.arange(12.0) + k))
        if name in doubtful:
            sites.quantities[name].statuses[:] = int(Status.AT_MOST)
    sites.outcome[:] = Outcome.OK
    return sites


def test_what_a_kind_is_made_for_is_among_its_results():
    for kind in kinds().values():
        assert set(kind.main) <= set(kind.results), kind.name


@pytest.mark.parametrize("plan", SHOWN_FIRST)
def test_the_steps_of_a_plan_say_what_they_are_made_for(plan: str):
    steps = [s.kind for pattern in load_plan(plan).visits().patterns for s in pattern.segments]
    assert main_results(steps) == SHOWN_FIRST[plan]


@pytest.mark.parametrize(
    ("step", "first"),
    [
        ("differential pulse", "E_peak"),
        ("square wave", "E_peak"),
        ("normal pulse", "E_half_pulses"),
    ],
)
def test_pulses_are_made_for_their_peak_or_wave_and_not_for_their_charge(step: str, first: str):
    sites = with_numbers("Q", "charge", first, main=main_results([step]))
    assert sites.names[0] == first


def test_a_kind_that_is_not_installed_here_is_made_for_nothing_known():
    assert main_results(["of another package"]) == ()


def test_the_main_result_comes_before_all_others_whatever_their_ranks():
    sites = with_numbers("i_tip", "Q", "k_surface", "z_below")
    assert sites.names[0] == "i_tip"
    sites.main = ("k_surface", "z_below")
    assert sites.names[:2] == ("k_surface", "z_below")
    assert set(sites.names) == {"i_tip", "Q", "k_surface", "z_below", *CATEGORIES}


def test_a_main_result_of_bounds_alone_gives_way():
    sites = with_numbers("i_tip", "k_surface", doubtful=("k_surface",), main=("k_surface",))
    assert sites.names[0] == "i_tip"


@pytest.mark.parametrize("doubtful", [(), ("Q",), ("i_tip", "Q"), ("ended_by",), ("i_tip",)])
def test_nothing_is_offered_twice_and_nothing_is_left_out(doubtful: tuple[str, ...]):
    names = ("i_tip", "Q", "ended_by", "z_below", "E_held")
    offered = with_numbers(*names, doubtful=doubtful).names
    assert len(offered) == len(set(offered))
    assert {*names, *CATEGORIES} == set(offered)


def test_the_levelled_heights_come_before_the_height_that_they_are_made_of():
    sites = a_map()
    sites.main = ("z_surface", "z_set")
    sites.quantities["z_surface"].values[:] = 50e-6 + 1e-3 * sites.x
    sites.add(Quantity("Q", "C/m^2", "net charge", np.ones(sites.x.size)))
    assert sites.names[:4] == (PLANE.name, LINES.name, "z_surface", "Q")


def test_a_scan_without_a_contact_offers_no_height_of_contact():
    assert Z in a_map().names, "nothing else is known yet"
    assert Z not in with_numbers("i_tip").names
    sites = with_numbers("i_tip")
    sites.quantities[Z].values[3] = 50e-6
    assert Z in sites.names


def test_the_mean_of_a_signal_has_the_error_of_its_noise():
    rng = np.random.default_rng(3)
    values = 5.0 + rng.normal(0.0, 0.1, 4000)
    found = mean_of(values, np.zeros(4000, np.uint8))
    assert abs(found.value - 5.0) < 4.0 * found.error
    assert found.error == pytest.approx(0.1 / np.sqrt(4000), rel=0.15)
    assert found.status is Status.OK


def test_missing_rows_reach_the_status_of_a_mean():
    values, flag = np.ones(10), np.zeros(10, np.uint8)
    values[3] = np.nan
    assert mean_of(values, flag).status is Status.GAP
    assert mean_of(values, flag).value == 1.0
    flag[0] = Flag.GAP
    assert mean_of(np.ones(10), flag).status is Status.GAP
    assert not mean_of(values[:1], flag[:1]).status.has_value


def test_only_the_potential_of_the_cell_is_against_the_reference():
    beside = Signal("substrate_potential", "V", "potential of the substrate", "potential")
    own, other = mean_result(BASIC[0]), mean_result(beside)
    assert own.against_reference
    assert not other.against_reference
    assert mean_result(BASIC[1]).signed
    assert mean_result(BASIC[4]).zero_chosen


def test_every_signal_of_the_rig_is_offered():
    light = Signal("light", "V", "photodiode", "other")
    offered = read_from_file([light])
    assert {"mean_potential", "mean_current", "mean_z", "mean_light"} <= set(offered)
    assert offered["mean_light"] == "photodiode, mean of the steps"


class OneFile:
    """A data file of sites of a few rows, in place of one on disk."""

    def open(self) -> OneFile:
        return self

    def __enter__(self) -> SimpleNamespace:
        closed = np.full(12, int(Outcome.OK))
        return SimpleNamespace(sites={"status": closed}, site=self.site)

    def __exit__(self, *_: object) -> None:
        pass

    @staticmethod
    def site(number: int) -> SimpleNamespace:
        rows = np.full(8, float(number))
        codes = np.zeros(8, np.uint8)
        record = SiteRecord(
            number, Outcome.OK, rows, rows, rows, rows, rows, rows,
            np.full(8, int(Phase.STEP), np.uint8), np.zeros(8, np.uint16), codes, None, np.nan, (),
            {"light": rows * 10.0},
        )  # fmt: skip
        return SimpleNamespace(record=record, landing=None, reference_offset=0.5)


@pytest.mark.parametrize(
    ("signal", "factor", "offset"),
    [(BASIC[0], 1.0, 0.5), (BASIC[1], 1.0, 0.0), (Signal("light", "V", "light"), 10.0, 0.0)],
)
def test_a_map_of_a_signal_is_read_site_by_site(signal: Signal, factor: float, offset: float):
    sites = with_numbers("i_tip")
    readings = Readings(OneFile())  # type: ignore[arg-type]
    try:
        readings.means(sites, signal)
        while readings.follow(sites):
            pass
    finally:
        readings.close()
    name = mean_result(signal).name
    assert sites.values(name) == pytest.approx(factor * np.arange(12.0) + offset)
    assert (sites.quantities[name].errors == 0.0).all(), "rows without noise"
    assert name in sites.names


def test_means_of_the_signals_of_every_rig_are_those_of_the_cell_and_the_height():
    assert [signal.name for signal in MEANS] == ["potential", "current", "z"]
