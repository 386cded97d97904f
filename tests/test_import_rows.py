"""Imported data points keep their times, their lines and where they came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from foreign_text import E, I, T, refusal, scan_of, table
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data.layout import UM
from seccm.data.tail import Tail
from seccm.events import Phase, PhaseBegan, StepFinished
from seccm.readers.fingerprint import fingerprint
from seccm.rig import Block, Clock
from seccm.session.importing import _told

HEADS = ("t (s)", "E (V)", "I (nA)", "site", "x (um)", "y (um)")
gaps = st.lists(st.integers(1, 50), min_size=1, max_size=20)


def block(numbers: np.ndarray) -> Block:
    """A block whose potential says the number of each row."""
    own = {name: numbers.astype(float) for name in ("potential", "current", "x", "y", "z")}
    return Block(int(numbers[0]), own, np.zeros(numbers.size, np.uint8), numbers=numbers)


def two_steps(path: Path, second: np.ndarray) -> Path:
    """A sweep each 0.2 s at one site, and another at times of its own at the next one."""
    columns = (
        np.concatenate([T, second]), np.tile(E, 2), np.tile(1e9 * I, 2),
        np.repeat([1.0, 2.0], 26), np.repeat([0.0, 5.0], 26), np.zeros(52),
    )  # fmt: skip
    return table(path, columns, HEADS)


# Times.


@pytest.mark.parametrize("uneven_first", [False, True])
def test_one_uneven_step_keeps_the_times_of_all(tmp_path: Path, uneven_first: bool) -> None:
    """Whichever comes first: an even step beside it must not make it even."""
    uneven = T + 0.05 * np.sin(np.arange(26))
    path = two_steps(tmp_path / "a.csv", uneven)
    scan = scan_of(path)
    if uneven_first:
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], *lines[27:], *lines[1:27], ""]))
        scan = scan_of(path)
    found = [site.steps[0].t for site in scan.sites]
    for t, wanted in zip(found, (uneven, T) if uneven_first else (T, uneven), strict=True):
        assert t is not None
        np.testing.assert_allclose(t, wanted, atol=1e-9)


def test_even_steps_of_one_period_have_no_times_of_their_own(tmp_path: Path) -> None:
    scan = scan_of(two_steps(tmp_path / "a.csv", T))
    assert scan.period == pytest.approx(0.2, rel=1e-9)
    assert [site.steps[0].t for site in scan.sites] == [None, None]


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_the_rows_of_a_site_are_at_the_times_that_were_measured(
    tmp_path: Path, rate: float
) -> None:
    scan = scan_of(two_steps(tmp_path / "a.csv", rate * T))
    clock = Clock(1.0 / scan.period, 1, 1)
    row = 0
    for site, measured, period in zip(
        scan.plan.sites(), scan.sites, (0.2, 0.2 * rate), strict=True
    ):
        rows, events = _told(site, measured, row, clock, 0.0)
        assert rows.numbers is not None
        assert (np.diff(rows.numbers) > 0).all()
        assert rows.numbers[0] == row
        (began,) = [e for e in events if isinstance(e, PhaseBegan) and e.phase is Phase.STEP]
        (ended,) = [e for e in events if isinstance(e, StepFinished)]
        kept = (rows.numbers >= began.row) & (rows.numbers <= ended.row)
        np.testing.assert_array_equal(rows.data["current"][kept], measured.steps[0].current)
        np.testing.assert_allclose(np.diff(rows.numbers[kept]) * clock.period, period, rtol=1e-3)
        assert np.isnan(rows.data["current"][~kept]).all()
        row = rows.stop


# Rows of which some are missing.


@settings(max_examples=30)
@given(gaps, st.integers(0, 300), st.integers(0, 300))
def test_a_part_of_a_block_has_the_rows_of_these_numbers(apart, first, length) -> None:
    numbers = np.cumsum(apart)
    part = block(numbers).part(first, first + length)
    wanted = numbers[(numbers >= first) & (numbers < first + length)]
    np.testing.assert_array_equal(part.data["potential"], wanted)
    assert part.rows == wanted.size
    if wanted.size:
        assert (part.start, part.stop) == (wanted[0], wanted[-1] + 1)
        np.testing.assert_array_equal(part.numbers, wanted)


@settings(max_examples=30)
@given(gaps, st.integers(0, 20), st.integers(0, 1000))
def test_rows_leave_the_tail_in_their_order_with_their_labels(apart, count, begins) -> None:
    """A step that begins where a row is missing begins with the next one that is there."""
    numbers = np.cumsum(apart)
    count = min(count, numbers.size)
    tail = Tail(Clock(10.0, 1, 1), 0.0, capacity=4)
    tail.append(block(numbers))
    tail.mark(begins, Phase.STEP, 3)
    taken = np.concatenate([tail.take(count), tail.take(len(tail))])
    np.testing.assert_allclose(taken["t"], (numbers + 1) * 0.1, rtol=1e-12)
    np.testing.assert_allclose(taken["x"], numbers * UM, rtol=1e-5)
    np.testing.assert_array_equal(taken["phase"] == int(Phase.STEP), numbers >= begins)
    np.testing.assert_array_equal(taken["step"] == 3, numbers >= begins)
    assert len(tail) == 0


@given(gaps, st.integers(0, 1000))
@settings(max_examples=30)
def test_the_tail_counts_the_rows_up_to_a_number(apart, row) -> None:
    numbers = np.cumsum(apart)
    tail = Tail(Clock(), 0.0)
    tail.append(block(numbers))
    assert tail.upto(row) == (numbers <= row).sum()
    assert tail.newest == numbers[-1]


# WEC-SPM's text names the line that is wrong.

CHANNELS = ("X (um)", "Current1 (A)", "FeedbackType", "Line Number")


@pytest.mark.parametrize("blank", [0, 2])
def test_the_channel_with_a_wrong_number_is_told_with_its_line(tmp_path: Path, blank: int) -> None:
    path = tmp_path / "a.tsv"
    rows = ["\t".join([name, "1", "oops" if name.startswith("Cur") else "2"]) for name in CHANNELS]
    path.write_text("\n" * blank + "\n".join(rows) + "\n")
    assert f'line {blank + 2} has "oops" in the column "Current1 (A)"' in refusal(path)


def test_a_wrong_line_below_blank_ones_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("\t".join(CHANNELS) + "\n1\t2\t3\t4\n\n\n1\toops\t3\t4\n")
    assert 'line 5 has "oops"' in refusal(path)


def test_a_channel_that_comes_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("\n".join(f"{name}\t1\t2" for name in (*CHANNELS, "Current 1 (A)")))
    assert "2 columns called" in refusal(path)


# Where it came from.


def test_the_fingerprint_of_a_file_is_its_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    content = bytes(range(256)) * 5000
    path.write_bytes(content)
    assert fingerprint(path) == hashlib.sha256(content).hexdigest()


def test_the_fingerprint_of_a_folder_is_that_of_names_and_contents(tmp_path: Path) -> None:
    def folder(name: str, files: dict[str, str]) -> str:
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return fingerprint(tmp_path / name)

    first = folder("a", {"x.csv": "1", "b/y.csv": "2"})
    assert folder("c", {"b/y.csv": "2", "x.csv": "1"}) == first, "the order of making is nothing"
    others = [{"x.csv": "2", "b/y.csv": "1"}, {"z.csv": "1", "b/y.csv": "2"}, {"x.csv": "1"}]
    found = {folder(f"d{k}", files) for k, files in enumerate(others)}
    assert len(found | {first}) == 4
