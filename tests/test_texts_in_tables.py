"""Texts, landings and contact records as a data file keeps them, and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data.decisions import Decisions, decision_rows
from seccm.data.instructions import instruction_rows, read_instructions
from seccm.data.landing_cells import cells_of, cells_of_record, landing_in, record_in
from seccm.data.layout import UM
from seccm.data.pieces import in_pieces, joined
from seccm.data.site_rows import covered, packed, row_checksum
from seccm.data.tables import DECISIONS, INSTRUCTIONS, PIECE, RECIPES, checksums
from seccm.errors import PlanError
from seccm.events import Landing
from seccm.plan.decision import Decision
from seccm.plan.instruction import KINDS, Instruction
from seccm.rig import ContactRecord

few = settings(max_examples=20)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=3 * PIECE)


class Source:
    """A file with one table."""

    def __init__(self, rows: Any, whole: Any = None) -> None:
        self.rows = rows
        self.whole = np.ones(len(rows), bool) if whole is None else np.array(whole)

    def table(self, _: object) -> tuple[Any, Any]:
        return self.rows, self.whole


# ------------------------------------------------------------------ long texts


@few
@given(ASCII)
def test_a_text_in_pieces_is_the_text(text: str):
    pieces = in_pieces(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= PIECE for piece in pieces)
    assert len(pieces) == math.ceil(len(text) / PIECE)


@few
@given(st.dictionaries(st.integers(0, 50), ASCII.filter(lambda t: t.strip("\0")), max_size=5))
def test_texts_that_were_written_side_by_side_are_read_apart(texts: dict[int, str]):
    rows = RECIPES.rows(
        [{"number": n, "text": piece} for n, text in texts.items() for piece in in_pieces(text)]
    )
    found = joined(rows, np.ones(len(rows), bool), RECIPES)
    assert found == texts


@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_a_text_with_a_damaged_piece_is_none_and_the_others_are_whole(damaged: int):
    texts = {3: "a" * (2 * PIECE + 5), 4: "b"}
    rows = RECIPES.rows(
        [{"number": n, "text": piece} for n, text in texts.items() for piece in in_pieces(text)]
    )
    whole = np.ones(len(rows), bool)
    whole[damaged] = False
    assert joined(rows, whole, RECIPES) == {4: "b"}


def test_a_row_that_changed_has_another_checksum():
    rows = RECIPES.rows([{"number": 1, "text": "abc"}, {"number": 2, "text": "abc"}])
    one, two = checksums(rows).tolist()
    assert one != two
    again = RECIPES.rows([{"number": 1, "text": "abc"}])
    assert checksums(again).tolist() == [one]
    assert checksums(rows[:0]).size == 0


# ------------------------------------------------------------------ decisions and instructions


@few
@given(
    reasons=st.dictionaries(st.integers(0, 99), st.text(max_size=400), max_size=4),
    seed=st.none() | st.integers(0, 2**31),
)
def test_decisions_of_a_planner_read_back_by_their_sites(reasons: dict[int, str], seed: int | None):
    given_ = {n: Decision(reason, seed=seed, state={"a": 0.1}) for n, reason in reasons.items()}
    found = Decisions(Source(decision_rows(given_.items())))
    assert list(found) == sorted(given_)
    assert len(found) == len(given_)
    assert {n: found[n].reason for n in found} == reasons
    assert all(found[n].seed == seed for n in found)


def test_a_decision_that_cannot_be_read_takes_none_with_it():
    rows = DECISIONS.rows([{"site": 1, "text": "{"}, {"site": 2, "text": Decision("x").text}])
    found = Decisions(Source(rows))
    assert list(found) == [2]
    assert 1 not in found


PLACE = st.floats(-1e-2, 1e-2)


@few
@given(
    kind=st.sampled_from(KINDS),
    x=PLACE,
    y=PLACE,
    radius=st.none() | st.floats(0.0, 1e-3),
    who=st.text(max_size=30),
    why=st.text(max_size=300),
)
def test_what_a_person_told_reads_back_to_the_last_digit(kind, x, y, radius, who, why):
    told = Instruction(kind, x, y, {"j": "2 A/m^2"}, radius, who, why).given(7)
    (found,) = read_instructions(Source(instruction_rows(3, told))).values()
    assert dataclasses.asdict(found) == dataclasses.asdict(told)
    assert found.after == 7
    assert found.when
    assert found.visits == (kind in ("pin", "add"))


def test_instructions_are_in_their_order_and_a_damaged_one_is_left_out():
    rows = np.concatenate(
        [instruction_rows(n, Instruction("pin", n * 1e-6, 0.0)) for n in (5, 1)]
        + [INSTRUCTIONS.rows([{"number": 3, "text": '{"kind": "pin"}'}])]
    )
    assert list(read_instructions(Source(rows))) == [1, 5]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "bring"}, {"x": math.nan}, {"y": math.inf}, {"radius": -1e-6},
        {"radius": math.nan},
    ],
)  # fmt: skip
def test_what_is_no_instruction_is_refused_when_made_and_when_read(wrong: dict[str, Any]):
    usual: dict[str, Any] = {"kind": "forbid", "x": 0.0, "y": 0.0}
    with pytest.raises(PlanError):
        Instruction(**{**usual, **wrong})
    with pytest.raises(ValueError, match="not an instruction"):
        Instruction.read(json.dumps({**usual, **wrong}))


@pytest.mark.parametrize("text", ["", "[]", "null", "5", "{}", '{"kind": "pin", "x": "a"}'])
def test_a_text_that_tells_nothing_is_no_instruction(text: str):
    with pytest.raises(ValueError, match=r"."):
        Instruction.read(text)


# ------------------------------------------------------------------ landings


def cell_of(cells: dict[str, Any]) -> Any:
    micro = {"z_contact", "z_rest", "overtravel", "x_cmd", "y_cmd"}
    return lambda name: cells[name] / UM if name in micro else cells[name]


HEIGHT = st.floats(0.0, 1e-3)


@few
@given(
    z=HEIGHT, crossing=HEIGHT, signal=st.floats(-1, 1), latency=st.floats(0, 1),
    over=st.floats(0, 1e-6), attempt=st.integers(0, 9), x=PLACE, y=PLACE,
)  # fmt: skip
def test_a_landing_reads_back_as_it_went(z, crossing, signal, latency, over, attempt, x, y):
    landing = Landing(77, z, crossing, signal, -signal, latency, over, attempt, x, y)
    cells = cells_of(landing, 12.5)
    assert cells["t_contact"] == 12.5
    assert cells["landed"] == 1
    assert cells["attempts"] == attempt + 1
    found = landing_in(cell_of(cells), 77)
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(landing))


def test_a_landing_where_it_was_planned_says_no_place_of_its_own():
    landing = Landing(1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    assert not {"x_cmd", "y_cmd"} & cells_of(landing, 0.0).keys()


@few
@given(
    samples=st.lists(st.floats(-1, 1, width=32), max_size=20),
    start=st.integers(0, 2**40),
    crossing=st.none() | st.integers(0, 2**40),
    stopped=st.none() | st.integers(0, 2**40),
)
def test_a_contact_record_reads_back_with_what_the_rig_did_not_know(
    samples, start, crossing, stopped
):
    values = np.array(samples)
    record = ContactRecord(start, values, -values, crossing, stopped)
    cells = cells_of_record(record)
    assert cells["contact_size"] == len(samples)
    found = record_in(cells.__getitem__, values.astype("f4"), -values.astype("f4"))
    assert (found.start, found.crossing, found.stopped) == (start, crossing, stopped)
    assert found.potential.tolist() == samples
    assert found.current.dtype == np.float64


# ------------------------------------------------------------------ rows of sites


def test_a_checksum_covers_results_with_their_errors_and_factors_but_no_samples():
    names = ["site", "status", "E_half", "E_half_err", "E_half_status", "factor_j", "contact_raw",
             "odd", "odd_err"]  # fmt: skip
    found = covered(names)
    assert {"site", "status", "E_half", "E_half_err", "E_half_status", "factor_j"} <= set(found)
    assert not {"contact_raw", "odd", "odd_err"} & set(found)
    assert list(found) == sorted(found)
    assert covered(reversed(names)) == found


@pytest.mark.parametrize("order", ["<", ">", "="])
def test_a_row_has_the_same_checksum_whichever_way_its_bytes_are_kept(order: str):
    columns = {
        "a": np.array([1.5], np.dtype("f8").newbyteorder(order)),
        "b": np.array([7], np.dtype("i4").newbyteorder(order)),
    }
    row = np.zeros((), packed(columns, ["a", "b"]))
    row["a"], row["b"] = 1.5, 7
    assert row.dtype.itemsize == 12
    plain = np.zeros((), np.dtype([("a", "<f8"), ("b", "<i4")]))
    plain["a"], plain["b"] = 1.5, 7
    assert row_checksum(row) == row_checksum(plain)
    row["b"] = 8
    assert row_checksum(row) != row_checksum(plain)
