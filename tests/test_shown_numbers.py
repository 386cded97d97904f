"""How numbers come to axes and fields: signs, references, prefixes, colours, sizes, the pad."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.events import Outcome
from ui.models.pad import Typed
from ui.models.palette import OUTCOME_COLOURS, PALETTES, Sizes
from ui.models.showing import Conventions, Prefix, Showing, html, largest, plain, raised

finite = st.floats(-1e3, 1e3)
arrays = st.lists(finite, max_size=9).map(np.array)
showings = st.builds(
    Showing, st.sampled_from(["Li/Li+", "SHE"]), st.booleans(), st.sampled_from(["", "Ag/AgCl"]),
    st.floats(-5.0, 5.0),
)  # fmt: skip


# Signs and references.


@given(showings, arrays)
def test_what_is_shown_can_be_turned_back_into_what_was_measured(showing, values):
    assert np.array_equal(showing.current(showing.current(values)), values)
    assert np.array_equal(showing.current(values), showing.sign * values)
    shift = showing.shift if showing.other else 0.0
    np.testing.assert_allclose(showing.potential(values) - shift, values, atol=1e-9)


@given(showings, arrays)
def test_a_difference_of_potentials_is_the_same_against_every_reference(showing, values):
    shown = showing.potential(values)
    np.testing.assert_allclose(np.diff(shown), np.diff(values), atol=1e-9)


@given(showings)
def test_an_axis_says_against_what_and_in_which_convention(showing):
    name = raised(showing.other or showing.reference)
    assert showing.potential_label() == f"E vs {name}"
    assert showing.convention == ("polarographic" if showing.polarographic else "IUPAC")


@given(st.lists(showings, max_size=5))
def test_what_was_chosen_for_one_reference_leaves_the_others_alone(chosen):
    """Signs are the same for all; a reference has the newest of what was chosen for it."""
    made, newest = Conventions(), {}
    for showing in chosen:
        made = made.taking(showing)
        newest[showing.reference] = showing
    for reference, showing in newest.items():
        found = made.of(reference)
        assert (found.other, found.shift) == (showing.other, showing.shift)
        assert found.polarographic is chosen[-1].polarographic
    unknown = made.of("Fc/Fc+")
    assert (unknown.other, unknown.shift) == ("", 0.0)


# Prefixes.


@given(st.floats(1e-14, 1e8), st.integers(-5, 3))
def test_a_prefix_that_was_chosen_serves_and_stays(size, third):
    fitted = Prefix(3 * third).fitting(size)
    assert 0.5 <= size * fitted.factor < 2000.0
    assert fitted.fitting(size) == fitted


@given(st.floats(1e-12, 1e6), st.lists(st.floats(0.6, 1.6), max_size=8))
def test_an_axis_that_breathes_does_not_hop_to_and_fro(size, breaths):
    prefix = Prefix().fitting(size)
    changes = 0
    for breath in breaths:
        after = prefix.fitting(size * breath)
        changes += after != prefix
        prefix = after
    assert changes <= 1


@pytest.mark.parametrize("nothing", [0.0, -1.0, math.nan, math.inf])
def test_without_a_size_a_prefix_stays(nothing):
    assert Prefix(-9).fitting(nothing) == Prefix(-9)


@given(st.integers(-5, 3))
def test_a_prefix_is_written_before_its_unit(third):
    unit = Prefix(3 * third).unit("ohm")
    assert unit.endswith("Ω")
    assert len(unit) == (1 if third == 0 else 2)


@given(st.lists(arrays, max_size=3))
def test_the_largest_magnitude_is_of_finite_numbers_only(parts):
    every = np.concatenate([*parts, np.zeros(1)])
    spoilt = [np.append(part, [np.nan, np.inf]) for part in parts]
    assert largest(*parts) == largest(*spoilt) == np.abs(every).max()


# Symbols.


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("Li/Li+", "Li/Li⁺"), ("Cu/Cu2+", "Cu/Cu²⁺"), ("Fc/Fc+ (0.1 M)", "Fc/Fc⁺ (0.1 M)"),
     ("Ag/AgCl", "Ag/AgCl"), ("SHE", "SHE"), ("wire-1", "wire-1"), ("", "")],
)  # fmt: skip
def test_charges_are_raised_and_nothing_else(given_, expected):
    assert raised(given_) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("mA cm$^{-2}$", "mA cm⁻²"), ("µm$^{2}$", "µm²"), ("V", "V"), ("", ""),
     ("V$^{1/2}$", "V^(1/2)")],
)  # fmt: skip
def test_a_unit_of_a_figure_is_written_plainly(given_, expected):
    assert plain(given_) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("$E$", "<i>E</i>"), (r"$E_\mathrm{nuc}$", "<i>E</i><sub>nuc</sub>"),
     (r"$\Delta E$", "Δ<i>E</i>"), ("$R^{2}$", "<i>R</i><sup>2</sup>"), ("site", "site")],
)  # fmt: skip
def test_a_symbol_of_a_figure_is_set_alike_on_a_screen(given_, expected):
    assert html(given_) == expected


# Colours.


def test_both_palettes_have_every_colour_and_every_outcome_has_one():
    for palette in PALETTES.values():
        for field in fields(palette):
            value = getattr(palette, field.name)
            for colour in value if isinstance(value, tuple) else (value,):
                if field.name != "name":
                    assert len(bytes.fromhex(colour.removeprefix("#"))) == 3
    assert set(OUTCOME_COLOURS) == {outcome.words for outcome in Outcome}
    coloured = [colour for colour in OUTCOME_COLOURS.values() if colour]
    assert len(set(coloured)) == len(coloured) == len(Outcome) - 1


# Sizes.


@given(st.floats(72.0, 320.0), st.floats(1.0, 3.0))
def test_a_scale_that_was_chosen_is_taken_whatever_the_screen(dots, scale):
    assert Sizes.of(dots, glove=False, scale=scale) == Sizes.of(96.0, glove=False, scale=scale)
    larger = Sizes.of(dots, glove=False, scale=scale + 1.0)
    assert larger.font > Sizes.of(dots, glove=False, scale=scale).font


# The pad.

quantities = st.lists(
    st.tuples(
        st.decimals(-999, 999, places=2).map(lambda d: f"{d:f}"),
        st.sampled_from(["", "mV", "um/s", "mA/cm^2"]),
    ).map(lambda q: " ".join(q).strip()),
    min_size=1,
    max_size=4,
)


@st.composite
def typed(draw):
    parts = draw(quantities)
    text = ", ".join(parts)
    return Typed(text, draw(st.integers(0, len(text))))


def others(one: Typed) -> list[str]:
    return [part for k, part in enumerate(one.parts) if k != one.which]


@given(typed(), st.sampled_from("0123456789"))
def test_what_is_typed_can_be_taken_back(at, digit):
    after = at.digit(digit)
    assert after.back().parts == at.parts
    assert after.which == at.which
    assert others(after) == others(at)


@given(typed())
def test_the_sign_turned_twice_is_the_sign(at):
    turned = at.turned()
    assert turned.turned().parts == at.parts
    assert turned.parts[at.which] != at.parts[at.which]
    assert others(turned) == others(at)


@given(typed(), st.sampled_from([1, -1]))
def test_a_step_up_and_a_step_down_is_none(at, sign):
    def value(one: Typed) -> float:
        return float(one.parts[one.which].split()[0])

    stepped = at.stepped(sign)
    assert value(stepped) - value(at) == pytest.approx(0.01 * sign)
    assert value(stepped.stepped(-sign)) == pytest.approx(value(at))
    assert others(stepped) == others(at)


@given(typed())
def test_going_on_comes_to_every_quantity_and_back(at):
    seen, here = [at.which], at
    for _ in at.parts:
        here = here.next()
        assert here.parts == at.parts
        seen.append(here.which)
    assert sorted(seen[:-1]) == list(range(len(at.parts)))
    assert seen[-1] == at.which


@given(typed(), st.sampled_from(["nm", "V"]))
def test_another_unit_leaves_the_number(at, unit):
    number = at.parts[at.which].split()[0]
    assert at.with_unit(unit).parts[at.which] == f"{number} {unit}"


@given(typed())
def test_clearing_takes_the_number_then_the_unit_then_the_quantity(at):
    count, here = len(at.parts), at
    for _ in range(2):
        here = here.cleared()
        assert len(here.parts) == count
        assert others(here) == others(at)
        if not here.parts[here.which]:
            break
    assert here.parts[here.which] == ""
    gone = here.cleared()
    assert list(gone.parts) == (others(at) if count > 1 else [""])


@given(typed())
def test_another_quantity_begins_after_this_one_with_its_unit(at):
    more = at.another()
    assert len(more.parts) == len(at.parts) + 1
    assert more.which == at.which + 1
    unit = at.parts[at.which].partition(" ")[2]
    assert more.parts[more.which] == unit
    assert others(more) == list(at.parts)
