"""Small models behind the window: names in plans, designs, manual control, pictures, maps."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.step_features import Drawn
from seccm.placeholder import placeholders, read_placeholder
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from ui.models import design_edits, own_curves
from ui.models.change import relative_change
from ui.models.frames import Frame, frame_of
from ui.models.hand import commanded, jog, read_back
from ui.models.neighbours import is_grid, spacing
from ui.models.plan_names import LEVELS, free_name, rename_in, step_names, taken_names
from ui.models.showing import Prefix, Showing

few = settings(max_examples=20)

# ------------------------------------------------------------------ names in a plan

SAYINGS = [
    "$d", "2 * $d", "$d / 2", "$d²", "$d³", "$d^2 * $dd", "$d**2", "$d + 1 um", "-$d", "($d) * 2",
    "1 um - $d", "$dd * $d", "$d·2", "$d × $d",
]  # fmt: skip


@pytest.mark.parametrize("text", SAYINGS)
def test_a_name_is_changed_wherever_a_quantity_stands_for_it(text: str):
    plan = {"program": [{"current": text}, {"program": [{"duration": [text]}]}]}
    before = copy.deepcopy(plan)
    assert read_placeholder(text).names
    rename_in(plan, "d", "width")
    found = set(placeholders(plan))
    assert "d" not in found
    assert "width" in found
    assert found - {"width"} == set(placeholders(before)) - {"d"}
    rename_in(plan, "width", "d")
    assert plan == before


@pytest.mark.parametrize("text", ["x $d", "costs $d", "d", "2 um", "$dd", "$d_2", "$d *"])
def test_words_that_are_no_quantity_are_left_as_they_are(text: str):
    plan = {"title": text, "n": 5, "deep": [{"more": text}]}
    before = copy.deepcopy(plan)
    rename_in(plan, "d", "width")
    assert plan == before


def test_a_name_with_signs_of_its_own_is_changed_as_it_is_written():
    plan = {"a": "2 * $j.1", "b": "$jx1"}
    rename_in(plan, "j.1", r"\1")
    assert plan == {"a": r"2 * $\1", "b": "$jx1"}


def test_all_names_that_values_go_by_are_taken():
    plan = {
        "factors": {"j": []},
        "sites": {"values": {"d": []}, "column_values": {"w": []}, "row_values": {}},
        "program": [
            {"step": "repeat", "over": {"E": []}, "program": [{"over": {"v": []}}]},
            {"step": "if", "otherwise": [{"over": {"u": []}}]},
        ],
    }
    assert taken_names(plan) == {"j", "d", "w", "E", "v", "u"}
    for broken in ({}, {"factors": 5, "sites": [], "program": "x"}, {"program": [5, None]}):
        assert taken_names(broken) == set()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 60, 200])
def test_there_is_always_another_name(count: int):
    taken: set[str] = set()
    for _ in range(count):
        taken.add(free_name(taken))
    assert len(taken) == count
    assert free_name(taken) not in taken


def test_names_of_steps_come_in_the_order_of_the_programme():
    steps = [
        {"name": "a"}, {"step": "cv"},
        {"name": "b", "program": [{"name": "c"}], "otherwise": [{"name": "d"}]}, {"name": 5}, "x",
        {"name": "e"},
    ]  # fmt: skip
    assert step_names(steps) == ["a", "b", "c", "d", "e"]
    assert step_names(None) == []


# ------------------------------------------------------------------ designs


def document(text: str) -> Any:
    return tomlkit.parse(text)


LISTED = '[design]\nkind = "listed"\nconditions = [\n  { j = "1 A/m^2", t = "1 s" },\n' \
         '  { j = "2 A/m^2", t = "1 s" },\n]\n'  # fmt: skip
TABLES = '[design]\n[[design.conditions]]\nj = "1 A/m^2"\nt = "1 s"\n' \
         '[[design.conditions]]\nj = "2 A/m^2"\nt = "1 s"\n'  # fmt: skip


@pytest.mark.parametrize("text", [LISTED, TABLES])
def test_columns_come_go_and_are_renamed_in_every_row_in_their_place(text: str):
    made = document(text)
    rows = made["design"]["conditions"]
    design_edits.rename_column(rows, "j", "k")
    assert [list(row) for row in rows.unwrap()] == [["k", "t"]] * 2
    design_edits.rename_column(rows, "k", "j")
    design_edits.add_column(rows)
    (new,) = set(rows.unwrap()[0]) - {"j", "t"}
    assert all(row[new] == LEVELS[new] for row in rows.unwrap())
    design_edits.remove_column(rows, new)
    again = tomlkit.parse(tomlkit.dumps(made)).unwrap()
    assert again == document(text).unwrap()


@pytest.mark.parametrize("text", [LISTED, TABLES])
def test_another_row_is_like_the_last_one(text: str):
    made = document(text)
    design_edits.add_row(made["design"], "conditions")
    rows = tomlkit.parse(tomlkit.dumps(made)).unwrap()["design"]["conditions"]
    assert rows == [*document(text).unwrap()["design"]["conditions"], rows[1]]


@pytest.mark.parametrize("text", ["[design]\n", "[design]\nconditions = []\n"])
def test_the_first_row_has_a_factor(text: str):
    made = document(text)
    design_edits.add_row(made["design"], "conditions")
    assert tomlkit.parse(tomlkit.dumps(made)).unwrap()["design"]["conditions"] == [
        {"j": LEVELS["j"]}
    ]


def test_factors_become_every_combination_and_factors_again():
    made = document('[factors]\nj = ["1 A/m^2", "2 A/m^2"]\nt = ["1 s", "3 s", "5 s"]\n[design]\n')
    factors = made.unwrap()["factors"]
    design_edits.list_conditions(made, made["design"])
    rows = made.unwrap()["design"]["conditions"]
    assert len(rows) == 6
    assert {(row["j"], row["t"]) for row in rows} == {
        (j, t) for j in factors["j"] for t in factors["t"]
    }
    assert "factors" not in made
    made["factors"] = tomlkit.table()
    design_edits.make_factors(made["design"], made["factors"])
    assert made.unwrap() == {"factors": factors, "design": {}}


@pytest.mark.parametrize(
    "factors",
    [
        "", "[factors]\n", '[factors]\nj = { from = "1 s", to = "2 s" }\n',
        f"[factors]\nj = {list(range(200))}\nt = {list(range(200))}\n",
    ],
)  # fmt: skip
def test_ranges_and_too_many_combinations_are_not_listed_and_nothing_is_lost(factors: str):
    made = document(f"{factors}[design]\n")
    before = made.unwrap()
    design_edits.list_conditions(made, made["design"])
    assert made.unwrap() == before


# ------------------------------------------------------------------ manual control


@few
@given(at=st.floats(0, 1e-4), nm=st.integers(1, 100_000), sign=st.sampled_from([1, -1]))
def test_an_arrow_moves_by_its_step_from_where_the_axis_was_told_to_be(at, nm, sign):
    made = jog({"z": at}, "z", sign, f"{nm} nm", "5 um/s")
    assert made.to == pytest.approx(at + sign * nm * 1e-9)
    assert made.speed == pytest.approx(5e-6)
    back = jog({"z": made.to}, "z", -sign, f"{nm} nm", "5 um/s")
    assert back.to == pytest.approx(at, abs=1e-15)


@pytest.mark.parametrize(
    ("axis", "step", "speed"), [("y", "1 um", "1 um/s"), ("z", "1", "1 um/s"), ("z", "1 um", "1 V")]
)
def test_what_cannot_be_a_motion_is_none(axis: str, step: str, speed: str):
    with pytest.raises(ValueError, match=r"."):
        jog({"z": 0.0}, axis, 1, step, speed)


NUMBERS = [
    0.0,
    -0.0,
    1e-5,
    -1e-5,
    3e-13,
    -3e-13,
    -1e-16,
    12e-9,
    -1.5,
    math.nan,
    math.inf,
    -math.inf,
]


@pytest.mark.parametrize("name", ["x", "z", "potential", "current"])
@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_that_is_read_across_a_room_has_no_minus_for_nothing(name: str, value: float):
    text = read_back(name, value)
    assert "nan" not in text
    assert "inf" not in text
    assert "-" not in text
    if math.isfinite(value):
        digits = text.split()[0].lstrip("−").replace(".", "")
        assert text.startswith("−") == (value < 0 and int(digits) != 0)
    else:
        assert text == read_back(name, None) == "–"


def test_where_an_axis_was_told_to_go_is_said_only_if_it_was():
    assert commanded(None) == ""
    assert commanded(-1e-12) == "commanded 0.000 µm"
    assert commanded(12.3456e-6).endswith("12.346 µm")


@few
@given(size=st.floats(1e-15, 1e9), start=st.sampled_from([-12, -9, -6, 0, 3]))
def test_a_prefix_keeps_numbers_readable_and_does_not_hop_to_and_fro(size, start):
    found = Prefix(start).fitting(size)
    assert 0.5 <= size * found.factor < 2000.0
    assert found.fitting(size) == found
    assert found.fitting(1.3 * size).fitting(size).factor * size < 2000.0
    for nothing in (0.0, -1.0, math.nan, math.inf):
        assert found.fitting(nothing) == found


# ------------------------------------------------------------------ pictures


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(50.0, 200.0, (48, 60))


@pytest.mark.parametrize("lamp", [0.5, 1.0, 1.7])
def test_a_brighter_lamp_is_no_change(lamp: float):
    assert np.abs(relative_change(lamp * picture(), picture())).max() < 1e-12


@pytest.mark.parametrize("change", [0.2, -0.3])
def test_a_spot_that_changed_stands_out_by_as_much(change: float):
    seen = picture()
    seen[20:28, 25:33] *= 1.0 + change
    found = relative_change(1.3 * seen, picture())
    assert found[20:28, 25:33] == pytest.approx(change)
    assert found[:10] == pytest.approx(0.0, abs=1e-12)


def test_where_it_was_dark_nothing_is_known():
    dark = picture()
    dark[5, 7] = 0.0
    found = relative_change(picture(), dark)
    assert math.isnan(found[5, 7])
    assert np.isfinite(found).sum() == found.size - 1
    assert np.isnan(relative_change(picture(), 0 * picture())).all()
    assert np.isnan(relative_change(0 * picture(), picture())).all()
    assert relative_change(picture()[:1, :1], picture()[:1, :1]).shape == (1, 1)


# ------------------------------------------------------------------ maps


def grid(columns: int, rows: int, pitch: float = 2e-6, turn: float = 0.0):
    ix, iy = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(rows)))
    c, s = math.cos(turn), math.sin(turn)
    return pitch * (c * ix - s * iy), pitch * (s * ix + c * iy), ix, iy


@pytest.mark.parametrize(("columns", "rows"), [(5, 4), (1, 7), (7, 1), (2, 2)])
def test_a_grid_is_one_and_has_its_pitch_wherever_it_lies(columns: int, rows: int):
    x, y, ix, iy = grid(columns, rows)
    placed = np.ones(x.size, bool)
    for a, b in ((x, y), (x + 1e-3, y - 1e-3), (-x, y)):
        assert is_grid(a, b, ix, iy, placed)
        assert spacing(a, b, ix, iy, placed) == pytest.approx(2e-6)


def test_a_turned_grid_and_a_list_are_none_and_have_the_distance_of_neighbours():
    x, y, ix, iy = grid(5, 4, turn=0.5)
    placed = np.ones(x.size, bool)
    assert not is_grid(x, y, ix, iy, placed)
    assert spacing(x, y, ix, iy, placed) == pytest.approx(2e-6)
    nowhere = np.full(x.size, -1)
    assert not is_grid(x, y, nowhere, nowhere, placed)


def test_sites_without_a_place_do_not_count():
    x, y, ix, iy = grid(5, 4)
    placed = np.ones(x.size, bool)
    x[3], placed[3] = math.nan, False
    assert is_grid(x, y, ix, iy, placed)
    assert spacing(x, y, ix, iy, placed) == pytest.approx(2e-6)


@pytest.mark.parametrize("count", [0, 1])
def test_one_place_has_no_neighbour(count: int):
    x, y, ix, iy = (part[:count] for part in grid(1, 1))
    assert math.isnan(spacing(x, y, ix, iy, np.ones(count, bool)))
    # Nor have several sites at one place.
    same = np.zeros(4)
    assert math.isnan(spacing(same, same, np.full(4, -1), np.full(4, -1), np.ones(4, bool)))


# ------------------------------------------------------------------ curves of kinds of steps


def drawn(y: Axis, x: Axis = POTENTIAL, error: float | None = None) -> Drawn:
    what = OwnCurve(slug="a", title="A", x=x, y=y, points=lambda _: (np.empty(0), np.empty(0)))
    values = np.array([1.0, 2.0, 4.0])
    none = np.empty(0)
    errors = none if error is None else np.array([error, math.nan, error])
    return Drawn(what, 0, values, values * 10, none, none, none, none, errors)


CURRENT = Axis("current", "A", signed=True)
MAGNITUDE = Axis("current", "A", log=True, signed=True)
SHOWN = Showing("Ag/AgCl", polarographic=True, other="Li/Li+", shift=3.0)


def test_potentials_move_to_the_reference_that_is_shown_and_currents_take_its_sign():
    x, y = own_curves.shown(drawn(CURRENT), SHOWN)
    assert x.tolist() == [4.0, 5.0, 7.0]
    assert y.tolist() == [-10.0, -20.0, -40.0]
    plain = own_curves.shown(drawn(CURRENT), Showing("Ag/AgCl"))
    assert plain[0].tolist() == [1.0, 2.0, 4.0]
    assert plain[1].tolist() == [10.0, 20.0, 40.0]


def test_a_logarithmic_axis_shows_magnitudes_in_either_convention():
    for showing in (SHOWN, Showing("Ag/AgCl")):
        assert own_curves.shown(drawn(MAGNITUDE), showing)[1] == pytest.approx(
            np.log10([10.0, 20.0, 40.0])
        )


def test_error_bars_are_of_the_points_whose_error_is_known_the_right_way_up():
    x, low, high = own_curves.shown_bars(drawn(CURRENT, error=3.0), SHOWN)
    assert x.tolist() == [4.0, 7.0]
    assert low.tolist() == [-13.0, -43.0]
    assert high.tolist() == [-7.0, -37.0]
    assert all(part.size == 0 for part in own_curves.shown_bars(drawn(CURRENT), SHOWN))


def test_a_bar_that_reaches_zero_ends_at_a_tenth_of_its_point_on_a_logarithmic_axis():
    _, low, high = own_curves.shown_bars(drawn(MAGNITUDE, error=50.0), SHOWN)
    assert low == pytest.approx(np.log10([1.0, 4.0]))
    assert high == pytest.approx(np.log10([60.0, 90.0]))


def test_a_frame_holds_every_curve_with_room_around_and_is_never_empty():
    curves = [(np.array([0.0, 1.0]), np.array([5.0, 5.0])), (np.array([3.0]), np.array([5.0]))]
    frame = own_curves.frame_around(curves)
    assert frame is not None
    assert frame.x[0] < 0.0 < 3.0 < frame.x[1]
    assert frame.y[0] < 5.0 < frame.y[1]
    assert own_curves.frame_around([]) is None
    zero = own_curves.frame_around([(np.zeros(2), np.zeros(2))])
    assert zero is not None
    assert zero.x[0] < zero.x[1]


def test_a_transient_at_the_start_is_cut_and_one_frame_holds_both():
    t = np.linspace(0.0, 10.0, 500)
    y = np.where(t < 0.2, 100.0, np.sin(t))
    frame = frame_of(t, y, t)
    assert frame is not None
    assert frame.cut
    assert frame.y[1] < 2.0
    calm = frame_of(t, np.sin(t), t)
    assert calm is not None
    assert not calm.cut
    both = frame.around(calm)
    assert both == calm.around(frame)
    assert both.cut
    assert Frame((0, 1), (0, 1)).around(Frame((0, 1), (0, 1))) == Frame((0, 1), (0, 1))


@pytest.mark.parametrize("y", [[], [1.0], [math.nan] * 50])
def test_of_nothing_there_is_no_frame(y: list[float]):
    values = np.array(y)
    assert frame_of(values, values, np.arange(values.size, dtype=float)) is None
