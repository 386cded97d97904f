"""In which unit a number is shown: the number and its unit together are always the SI number."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seccm.analysis.decades import ENOUGH, of_one_sign, spans_decades
from seccm.analysis.scales import (
    Scale,
    colour_range,
    feature_scale,
    ordered,
    potential_label,
    scale,
    symbol,
    told,
)
from seccm.analysis.spread import Spread, spread, stated

PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6,
          "G": 1e9}  # fmt: skip
BARE = ["A", "F", "C", "m", "W"]
LARGE = {"ohm": "Ω", "Hz": "Hz"}
SIZES = st.floats(1e-18, 1e13).map(lambda size: float(f"{size:.3g}"))


@given(unit=st.sampled_from([*BARE, *LARGE]), size=SIZES, sign=st.sampled_from([1, -1]))
def test_a_number_and_its_prefix_give_the_number_in_si(unit: str, size: float, sign: int) -> None:
    shown = scale(unit, [sign * size])
    prefix = shown.unit.removesuffix(LARGE.get(unit, unit))
    assert float(shown(sign * size)) * PREFIX[prefix] == pytest.approx(sign * size)


@given(unit=st.sampled_from(BARE), size=st.floats(1e-15, 0.9))
def test_the_largest_number_is_neither_tiny_nor_huge(unit: str, size: float) -> None:
    """And smaller ones beside it do not change the unit."""
    shown = scale(unit, [size, -0.1 * size, np.nan, 0.0])
    assert 0.9 <= float(shown(size)) <= 1000.0
    assert shown == scale(unit, [size])


@pytest.mark.parametrize("values", [(), (0.0, 0.0), (math.nan,), (math.inf, math.nan)])
@pytest.mark.parametrize("unit", [*BARE, *LARGE, "V", "A/m^2"])
def test_without_a_number_a_unit_stays_as_it_is(unit: str, values: tuple[float, ...]) -> None:
    shown = scale(unit, values)
    assert math.isfinite(shown.factor)
    assert shown.unit in {unit, LARGE.get(unit), "mA cm$^{-2}$"}


@pytest.mark.parametrize(
    ("unit", "si", "number"),
    [
        ("A/m^2", 10.0, 1.0),  # 1 mA/cm^2
        ("C/m^2", 36.0, 1.0),  # 1 uAh/cm^2 is 3.6 mC/cm^2
        ("m/s", 1e-6, 1.0),
        ("m^2", 1e-12, 1.0),
        ("m^2/s", 1e-14, 1.0),  # 1e-10 cm^2/s
        ("A/m^2/(V/s)^0.5", 6370.0, 637.0),
        ("V", 0.1, 0.1),
    ],
)
def test_units_of_the_field_are_what_they_say(unit: str, si: float, number: float) -> None:
    assert float(scale(unit)(si)) == pytest.approx(number)


def test_potentials_read_off_a_record_are_in_millivolts_and_nothing_else_is() -> None:
    assert feature_scale("V", [0.1]) == Scale(1e3, "mV")
    for unit in (*BARE, "A/m^2", "s"):
        assert feature_scale(unit, [2.0]) == scale(unit, [2.0])


@pytest.mark.parametrize("name", ["j", "E_nuc", "E_mid_cathodic", "volume", "scan_rate", "d_x_y"])
def test_a_symbol_has_balanced_dollars_and_no_bare_underscore(name: str) -> None:
    """Matplotlib would take the rest of a label for mathematics."""
    shown = symbol(name)
    assert shown.count("$") in (0, 2)
    assert shown.count("{") == shown.count("}")
    outside = re.sub(r"\$.*?\$", "", shown)
    assert "_" not in outside


def test_an_axis_names_its_unit_where_there_is_one() -> None:
    assert Scale(1.0, "V").label("$E$") == "$E$ (V)"
    assert Scale(1.0, "").label("CE") == "CE"
    label = potential_label("Li/Li+")
    assert label.startswith("$E$ vs Li/Li")
    assert label.endswith("(V)")


# --------------------------------------------------------------------------- what follows ±


NUMBERS = st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=12)


@given(values=NUMBERS, error=st.floats(0.0, 5.0))
def test_what_follows_the_sign_is_the_larger_and_says_which(
    values: list[float], error: float
) -> None:
    one = spread(np.array(values), np.full(len(values), error))
    candidates = {"stated": one.stated, "sd": one.sd}
    known = [value for value in candidates.values() if math.isfinite(value)]
    assert one.n == len(values)
    assert one.error == max(known) == candidates[one.basis]
    assert told(one, 1.0, "mV").endswith(f"mV ({one.basis})")


def test_nothing_is_said_after_the_sign_where_nothing_is_known() -> None:
    one = spread(np.array([1.0]), np.array([math.nan]))
    assert (one.basis, math.isnan(one.error)) == ("", True)
    assert "(" not in told(one, 1e3)
    assert math.isnan(stated(np.array([math.nan])))


@given(errors=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=9), lost=st.integers(0, 4))
def test_unknown_uncertainties_do_not_count(errors: list[float], lost: int) -> None:
    assert stated(np.array([*errors, *[math.nan] * lost])) == float(np.median(errors))


def test_two_repeats_have_no_standard_deviation() -> None:
    """It would itself be uncertain by three quarters."""
    assert math.isnan(spread(np.array([1.0, 2.0]), np.full(2, math.nan)).sd)
    assert math.isfinite(spread(np.array([1.0, 2.0, 4.0]), np.full(3, math.nan)).sd)
    assert Spread(1.0, 1, math.nan, 0.5).basis == "stated"


# -------------------------------------------------------------------------------- colours


@given(
    values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60),
    error=st.one_of(st.just(math.nan), st.floats(0.0, 1e3)),
)
@settings(max_examples=200)
def test_colours_span_at_least_three_uncertainties_to_either_side(
    values: list[float], error: float
) -> None:
    """So that noise is not made to look like a pattern; few far ones do not bleach the rest."""
    shown = np.array(values)
    low, high = colour_range(shown, error)
    assert low < high
    if math.isfinite(error):
        assert high - low >= 6.0 * error * (1.0 - 1e-9)
    inside = (shown >= low - 1e-9) & (shown <= high + 1e-9)
    assert np.count_nonzero(inside) >= 0.5 * shown.size


@given(values=st.lists(st.floats(-1.0, 1.0), min_size=8, max_size=40), far=st.floats(50.0, 1e4))
def test_one_value_far_away_leaves_the_others_their_colours(
    values: list[float], far: float
) -> None:
    shown = np.array(values)
    together = np.append(shown, far)
    assume(np.ptp(np.percentile(together, [25, 75])) > 1e-3)  # else the far one is the pattern
    low, high = colour_range(together)
    assert high < far
    assert low >= shown.min() - 1e-9


def test_without_a_value_there_is_a_range_all_the_same() -> None:
    low, high = colour_range(np.zeros(0))
    assert low < high


@pytest.mark.parametrize("count", [1, 2, 3, 9, 20, 50])
def test_levels_go_from_dark_to_light_and_are_all_different(count: int) -> None:
    colours = ordered(count)
    assert len(set(colours)) == len(colours) == count
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = [weights @ list(bytes.fromhex(colour[1:])) for colour in colours]
    assert (np.diff(light) > 0.0).all()


# -------------------------------------------------------------------------------- decades


@given(
    low=st.floats(1e-9, 1.0), ratio=st.floats(1.0, 1e4), sign=st.sampled_from([1.0, -1.0]),
    factor=st.sampled_from([1e-12, 1.0, 1e6]),
)  # fmt: skip
def test_decades_are_a_matter_of_the_ratio_alone(
    low: float, ratio: float, sign: float, factor: float
) -> None:
    """Neither the unit nor the sign matters, nor a value that is missing."""
    values = sign * factor * np.array([low, math.nan, low * ratio])
    if abs(ratio / ENOUGH - 1.0) > 1e-6:
        assert spans_decades(values) == (ratio > ENOUGH)
    assert of_one_sign(values)


@pytest.mark.parametrize("values", [[], [math.nan], [0.0, 1e9], [-1.0, 1e9], [0.0]])
def test_there_are_no_decades_of_nothing_or_across_zero(values: list[float]) -> None:
    assert not of_one_sign(np.array(values))
    assert not spans_decades(np.array(values))
