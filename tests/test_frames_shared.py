"""Frames in shared memory are whole or not given; what is kept of them follows from the choice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.filming.choice import Choice
from seccm.filming.ring import Ring, memory_file, ring_size
from seccm.filming.watch import DARK_FRAMES, USUAL, Watch

Pair = tuple[Ring, Ring]


def pair(slots: int, height: int = 4, width: int = 6, bits: int = 16) -> Iterator[Pair]:
    """Give two ends of one ring; the file behind it is gone at once, as in the product."""
    path = memory_file(ring_size(slots, height, width, bits))
    ends = Ring(path, slots, height, width, bits), Ring(path, slots, height, width, bits)
    path.unlink()
    yield ends
    for end in ends:
        end.close()


@pytest.fixture(params=[1, 2, 3, 7])
def ends(request: pytest.FixtureRequest) -> Iterator[Pair]:
    yield from pair(request.param)


def level(k: int, bits: int = 16) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((4, 6), k % (1 << bits), np.uint16 if bits == 16 else np.uint8)


def test_the_newest_frame_is_seen_however_often_the_ring_went_round(ends: Pair) -> None:
    write, read = ends
    for k in range(3 * write.slots + 2):
        write.put(k % write.slots, 10 * k, level(k))
        found = read.newest()
        assert found is not None
        assert found[0] == 10 * k
        assert (found[1] == k).all()
        assert read.came == write.came == k + 1


def test_every_slot_keeps_its_frame_until_it_is_filled_again(ends: Pair) -> None:
    write, read = ends
    for k in range(5 * write.slots):
        write.put(k % write.slots, k, level(k))
        for back in range(min(k + 1, write.slots)):
            assert (read.at((k - back) % write.slots) == k - back).all()


def test_before_the_first_frame_there_is_none(ends: Pair) -> None:
    assert ends[1].newest() is None
    assert ends[1].came == 0


def test_a_frame_that_is_being_filled_is_not_given() -> None:
    for write, read in pair(2):
        write.put(0, 5, level(5))
        write._counts[0][0] += 1
        assert read.newest() is None
        write._counts[0][0] += 1
        assert read.newest() is not None


@dataclass
class Moving:
    """Pixels in whose copying the writer fills the slot again."""

    write: Ring

    def copy(self) -> object:
        self.write.put(0, 2, level(2))
        return "half of one, half of another"


def test_a_frame_that_changes_while_it_is_copied_is_not_given() -> None:
    for write, read in pair(1):
        write.put(0, 1, level(1))
        read._pictures = [Moving(write)]  # type: ignore[list-item]
        assert read.newest() is None


def test_what_was_given_stays_as_it_was() -> None:
    for write, read in pair(1):
        write.put(0, 1, level(1))
        found = read.newest()
        write.put(0, 2, level(2))
        assert found is not None
        assert (found[1] == 1).all()


@pytest.mark.parametrize(("bits", "largest"), [(8, 255), (16, 65_535)])
def test_full_scale_goes_through(bits: int, largest: int) -> None:
    for write, read in pair(3, bits=bits):
        write.put(2, 0, level(largest, bits))
        found = read.newest()
        assert found is not None
        assert found[1].dtype.itemsize * 8 == bits
        assert (found[1] == largest).all()


@pytest.mark.parametrize(("height", "width", "bits"), [(1, 1, 8), (3, 5, 8), (7, 1, 16)])
def test_slots_do_not_overlap(height: int, width: int, bits: int) -> None:
    for write, read in pair(4, height, width, bits):
        for k in range(4):
            write.put(k, k, np.full((height, width), 50 + k, write.at(0).dtype))
        assert [int(read.at(k).min()) for k in range(4)] == [50, 51, 52, 53]
        assert [int(read.at(k).max()) for k in range(4)] == [50, 51, 52, 53]


def test_closing_twice_and_with_a_frame_in_use_is_no_trouble() -> None:
    for write, read in pair(2):
        write.put(0, 1, level(1))
        looked_at = read.at(0)
        read.close()
        read.close()
        assert (looked_at == 1).all()
        assert read.newest() is None


@given(
    spans=st.lists(st.tuples(st.floats(1, 9), st.floats(1, 9)), min_size=1, max_size=4),
    before=st.floats(0, 2),
    late=st.integers(0, 30),
)
@settings(max_examples=30)
def test_frames_of_sites_are_those_of_the_spans_however_late_they_come(
    spans: list[tuple[float, float]], before: float, late: int
) -> None:
    turns, now = [], 0.0
    for dry, wet in spans:
        turns += [(now + dry, True), (now + dry + wet, False)]
        now += dry + wet
    hosts = np.arange(0.05, now + 5, 0.37)
    truth = [
        any(a - before <= t <= b for (a, _), (b, _) in zip(turns[::2], turns[1::2], strict=True))
        for t in hosts
    ]
    choice = Choice("sites", before)
    found: list[bool] = []
    for clock in np.arange(0.0, now + 20, 0.25):
        while turns and turns[0][0] <= clock:
            choice.tell(*turns.pop(0))
        choice.tell(float(clock))
        arrived = int(np.searchsorted(hosts, clock - 0.01 * late))
        while len(found) < arrived:
            kept = choice.of(len(found), float(hosts[len(found)]))
            if kept is None:
                break
            found.append(kept)
    # A frame at the very edge of a span may fall to either side by rounding.
    assert len(found) == len(hosts)
    assert found == truth


@given(step=st.integers(1, 999_999), number=st.integers(0, 2**40))
@settings(max_examples=30)
def test_every_nth_goes_by_the_cameras_own_number(step: int, number: int) -> None:
    assert Choice(f"every {step}").of(number, 0.0) is (number % step == 0)


def test_lost_frames_do_not_shift_which_are_kept() -> None:
    choice = Choice("every 3")
    assert [n for n in (0, 1, 2, 4, 6, 7, 9, 13, 15) if choice.of(n, 0.0)] == [0, 6, 9, 15]


def test_a_contact_within_a_site_does_not_end_what_is_kept() -> None:
    choice = Choice("sites", before=0.5)
    choice.tell(2.0, keeping=True)
    choice.tell(3.0, keeping=True)  # lost, and found again
    choice.tell(4.0, keeping=False)
    choice.tell(9.0)
    assert [choice.of(k, t) for k, t in enumerate((1.4, 1.6, 2.5, 3.9, 4.1))] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_a_clock_that_is_told_late_takes_nothing_back() -> None:
    choice = Choice("sites", before=1.0)
    choice.tell(10.0)
    choice.tell(4.0)
    assert choice.of(0, 8.5) is False


def rows(numbers: range, mean: float = 1000.0, bright: float = 0.0) -> list[tuple[float, ...]]:
    return [(0, n, 0, 0.0, 0.0, 0.1, 0, mean, bright) for n in numbers]


def said(watch: Watch) -> list[str]:
    return [code for code, _ in watch.news()]


@pytest.mark.parametrize(
    ("gap", "words"), [(1, "1 frame (frame 4)"), (3, "3 frames (frames 4 to 6)")]
)
def test_losses_are_counted_and_named(gap: int, words: str) -> None:
    watch = Watch()
    watch.see(rows(range(4)))
    watch.see(rows(range(4 + gap, 10)))
    ((code, sentence),) = watch.news()
    assert code == "frames-lost"
    assert f"lost {words}; {gap} of {5 + gap} so far" in sentence
    assert (watch.lost, watch.arrived) == (gap, 10 - gap)


def test_frames_lost_before_the_first_count_as_well() -> None:
    watch = Watch()
    watch.see(rows(range(2, 3)))
    assert "2 frames (frames 0 to 1); 2 of 3 so far" in watch.news()[0][1]


def test_a_droplet_that_is_darker_is_no_lamp_that_is_off() -> None:
    watch = Watch()
    watch.see(rows(range(USUAL)))
    watch.see(rows(range(USUAL, USUAL + 20), mean=300.0))
    assert said(watch) == []


def test_the_light_is_off_after_so_many_dark_frames_and_not_before() -> None:
    watch = Watch()
    watch.see(rows(range(USUAL)))
    last = USUAL + DARK_FRAMES - 1
    watch.see(rows(range(USUAL, last), mean=10.0))
    assert said(watch) == []
    watch.see(rows(range(last, last + 5), mean=10.0))
    ((_, words),) = watch.news()
    assert f"no light since frame {USUAL}:" in words
    assert "10 counts, usually 1000" in words


@pytest.mark.parametrize("required", [False, True])
def test_the_end_is_told_once_with_what_becomes_of_the_run(required: bool) -> None:
    watch = Watch(required=required)
    watch.end("", "nothing happened.")
    assert not watch.ended
    watch.end("camera-unplugged", "USB is gone.")
    watch.end("camera-died", "its process too.")
    ((code, words),) = watch.news()
    assert code == watch.ended == "camera-unplugged"
    assert words.startswith("The movie ends here: the camera does not answer. USB is gone. ")
    assert words.endswith("requires the camera." if required else "goes on without it.")


def test_what_a_killed_program_left_is_removed_and_what_is_in_use_stays() -> None:
    used, left = (memory_file(ring_size(2, 4, 6, 16)) for _ in range(2))
    ring = Ring(used, 2, 4, 6, 16)
    try:
        for path in (used, left):
            os.utime(path, (0.0, 0.0))
        memory_file(8).unlink()
        assert not left.exists()
        assert used.exists()
        ring.put(0, 7, level(3))
        found = ring.newest()
        assert found is not None
        assert found.number == 7
        ring.close()
        os.utime(used, (0.0, 0.0))
        memory_file(8).unlink()
        assert not used.exists()
    finally:
        for path in (used, left):
            path.unlink(missing_ok=True)


def test_a_file_that_was_just_made_is_not_taken_for_one_that_was_left() -> None:
    made = memory_file(64)
    memory_file(8).unlink()
    assert made.exists()
    made.unlink()
