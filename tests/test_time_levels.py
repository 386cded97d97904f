"""Lamp pulses and landings tell when frames were taken; what cannot be told is not claimed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from seccm.arrays import FloatArray, IntArray
from seccm.movie.facts import Verdict
from seccm.movie.host_clock import by_host, without_scatter
from seccm.movie.lamp import lamp_pulses
from seccm.movie.landings import SPREADING, landings
from seccm.movie.levels import Level, by_lamp, by_landings, compared
from seccm.movie.pages import Picture
from seccm.rig.lamp import Blink

PERIOD, EXPOSURE = 0.23, 0.2
RATE = 1e5


@dataclass(frozen=True)
class Filmed:
    """Frames that arrived, and when they were really taken."""

    t: FloatArray
    numbers: IntArray
    stamps: FloatArray
    host: FloatArray
    mean: FloatArray
    ticks: FloatArray
    at_ticks: FloatArray

    @property
    def base(self) -> FloatArray:
        """Times that are to be corrected by steps of brightness."""
        t, _ = by_host(
            self.host, np.full(len(self.t), EXPOSURE), self.numbers, self.ticks, self.at_ticks
        )
        return without_scatter(self.stamps, t)

    def by_lamp(self, off: FloatArray, on: FloatArray) -> Level:
        """Return times by these steps of the lamp."""
        base = self.base
        return by_lamp(base, lamp_pulses(base, EXPOSURE, self.mean, off, on, 1.0))


def film(
    seed: int, frames: int, blinks: Sequence[tuple[float, float]], *, lost: float = 0.3,
    late: float = 0.08, noise: float = 0.002, clock: bool = True,
) -> Filmed:  # fmt: skip
    """Film a lamp that is off at times.

    Args:
        seed: of everything random.
        frames: exposures.
        blinks: from when to when the lamp is really off.
        lost: share of the frames that do not arrive.
        late: seconds that a frame takes to arrive, at least.
        noise: of brightness, relative.
        clock: whether the camera has one.
    """
    rng = np.random.default_rng(seed)
    t = 1.0 + np.cumsum(PERIOD * (1 + 0.02 * rng.standard_normal(frames)).clip(0.9))
    lit = np.full(frames, EXPOSURE)
    for first, last in blinks:
        lit -= np.clip(np.minimum(t + EXPOSURE, last) - np.maximum(t, first), 0, None)
    mean = 2000 * lit / EXPOSURE * (1 + noise * rng.standard_normal(frames)) + 20
    here = np.flatnonzero(rng.random(frames) >= lost)
    stamps = (t - t[0]) * (1 + 4e-5) + 1e-4 * rng.standard_normal(frames)
    arrived = 7e4 + t * (1 - 2e-5) + EXPOSURE + late + rng.exponential(0.004, frames)
    ticks = np.arange(0.5, t[-1] + 1, 0.5)
    read = 7e4 + ticks * (1 - 2e-5) + rng.exponential(0.003, len(ticks))
    return Filmed(
        t[here], here, stamps[here] if clock else np.full(len(here), math.nan), arrived[here],
        mean[here], ticks, read,
    )  # fmt: skip


def wrong(filmed: Filmed, level: Level) -> float:
    """Return by how many of its own uncertainties the worst time is off."""
    return float(np.nanmax(np.abs(level.t - filmed.t) / level.error))


def regular(frames: int, every: float = 60.3, off: float = 1.1) -> list[tuple[float, float]]:
    """Return pulses for the length of a recording."""
    return [(at, at + off) for at in np.arange(4.0, frames * PERIOD - 5, every)]


@pytest.mark.parametrize(("seed", "frames"), [(1, 10_000), (2, 2000), (3, 2000)])
def test_ten_thousand_frames_with_a_third_lost_have_times_as_sure_as_said(
    seed: int, frames: int
) -> None:
    blinks = regular(frames)
    filmed = film(seed, frames, blinks)
    level = filmed.by_lamp(*np.array(blinks).T)
    assert len(filmed.t) < 0.75 * frames
    assert level.count > 0.5 * len(blinks)
    assert np.isfinite(level.t).all()
    assert wrong(filmed, level) < 6
    assert np.median(level.error) < 6e-3
    assert np.abs(level.t - filmed.t).max() < 10e-3


@pytest.mark.parametrize(("seed", "frames"), [(6, 10_000), (4, 2000), (5, 2000)])
def test_steps_that_were_missed_or_are_of_something_else_make_no_time_wrong(
    seed: int, frames: int
) -> None:
    rng = np.random.default_rng(seed)
    blinks = regular(frames, every=60.3 if frames > 5000 else 31.7)
    filmed = film(seed, frames, blinks)
    off, on = np.array(blinks).T
    # A tenth of the steps is not told of, and as many are told of that never were.
    off, on = (steps[rng.random(len(steps)) > 0.1] for steps in (off, on))
    extra = rng.uniform(5, filmed.t[-1], (2, len(blinks) // 10))
    off, on = np.sort(np.append(off, extra[0])), np.sort(np.append(on, extra[1]))
    level = filmed.by_lamp(off, on)
    assert level.count >= 3
    assert wrong(filmed, level) < 6


@pytest.mark.parametrize("story", ["on", "off", "noise", "late", "shorter", "one"])
def test_what_no_pulse_shows_is_not_told(story: str) -> None:
    told = regular(400, every=20.0)
    really = {
        "off": [(0.0, 1e4)],
        "late": [(a + 7.0, b + 7.0) for a, b in told],
        "shorter": [(a, b - 0.8) for a, b in told],
    }.get(story, [])
    filmed = film(7, 400, really, noise=0.4 if story == "noise" else 0.002)
    off, on = np.array(told[:1] if story == "one" else told).T
    level = filmed.by_lamp(off, on)
    assert level.count == 0
    assert np.isnan(level.t).all()
    assert not level.tells


def test_a_camera_without_a_clock_has_times_by_the_lamp_too() -> None:
    blinks = regular(600, every=15.1)
    filmed = film(8, 600, blinks, clock=False)
    level = filmed.by_lamp(*np.array(blinks).T)
    assert level.count >= 3
    # Arrivals scatter by some milliseconds, and nothing can take that off.
    assert np.median(np.abs(level.t - filmed.t)) < 10e-3


@pytest.mark.parametrize("late", [0.0, 0.05, 0.3])
def test_the_lamp_finds_how_late_frames_arrive(late: float) -> None:
    blinks = regular(400, every=12.3)
    filmed = film(9, 400, blinks, late=late)
    level = filmed.by_lamp(*np.array(blinks).T)
    unsure = np.full(len(filmed.t), PERIOD)
    host = Level("host", filmed.base, unsure, len(filmed.ticks))
    told = {each.kind: each for each in compared([host, level], level)}
    assert told["lamp"].used
    assert told["host"].offset == pytest.approx(late, abs=0.02)
    assert told["host"].verdict is Verdict.AGREES


def test_edges_of_other_frames_are_contradicted() -> None:
    blinks = regular(400, every=12.3)
    filmed = film(10, 400, blinks)
    level = filmed.by_lamp(*np.array(blinks).T)
    sure = np.full(len(filmed.t), 3e-6)
    for shift, verdict in ((0.0, Verdict.AGREES), (PERIOD, Verdict.DISAGREES)):
        edges = Level("edges", filmed.t + shift, sure, len(filmed.t))
        found = compared([edges, level], edges)
        assert found[1].verdict is verdict
        assert found[1].offset == pytest.approx(-shift, abs=6e-3)
        assert found[0].offset == 0.0


def wet_movie(
    seed: int, contacts: FloatArray, shift: float, spreading: float = 0.0, contrast: float = -0.024
) -> tuple[FloatArray, dict[int, Picture]]:
    """Return times by another clock, and pictures of droplets that land and stay for 3 s."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(PERIOD * (1 + 0.02 * rng.standard_normal(int(contacts[-1] / PERIOD) + 20)))
    rows, columns = np.mgrid[:80, :80]
    ground = 2000 * (1 + 0.03 * rng.standard_normal((80, 80)))
    near = np.zeros(len(t))
    share = np.zeros(len(t))
    for contact in contacts:
        overlap = np.minimum(t + EXPOSURE, contact + 3) - np.maximum(t, contact + spreading)
        share += np.clip(overlap, 0, EXPOSURE) / EXPOSURE
        near += np.abs(t - contact) < 3
    pictures: dict[int, Picture] = {}
    for k in np.flatnonzero(near).tolist():
        disc = (rows - 40) ** 2 + (columns - 30) ** 2 < 256
        lamp = 1 + 0.003 * rng.standard_normal()
        seen = ground * lamp * (1 + contrast * share[k] * disc)
        pictures[k] = rng.poisson(seen).astype(np.uint16)
    return t - shift, pictures


@pytest.mark.parametrize("shift", [-0.2, 0.0, 0.13])
@pytest.mark.parametrize("contrast", [-0.024, 0.03])
def test_landings_tell_how_late_frames_are(shift: float, contrast: float) -> None:
    contacts = 5 + np.cumsum(np.random.default_rng(2).uniform(6, 9, 12))
    t, pictures = wet_movie(3, contacts, shift, contrast=contrast)
    seen = landings(t, EXPOSURE, contacts, pictures.get, PERIOD)
    level = by_landings(t, seen, PERIOD)
    assert level.count >= 6
    assert np.abs(level.t - t - shift).max() < level.error[0]
    assert SPREADING <= level.error[0] < 0.1


def test_a_droplet_that_spreads_is_seen_late_by_no_more_than_is_said() -> None:
    contacts = 5 + np.cumsum(np.random.default_rng(4).uniform(6, 9, 12))
    t, pictures = wet_movie(5, contacts, 0.0, spreading=SPREADING)
    level = by_landings(t, landings(t, EXPOSURE, contacts, pictures.get, PERIOD), PERIOD)
    late = float(np.median(t - level.t))
    assert 0.0 < late < 2 * SPREADING
    assert late < 2 * level.error[0]


@pytest.mark.parametrize("story", ["elsewhere", "no picture", "no droplet", "dark", "none"])
def test_what_no_picture_shows_is_no_landing(story: str) -> None:
    contacts = 5 + 8.1 * np.arange(1, 7)
    t, pictures = wet_movie(6, contacts, 0.0, contrast=0.0 if story == "no droplet" else -0.024)
    told = contacts + 4.0 if story == "elsewhere" else contacts
    told = np.zeros(0) if story == "none" else told
    if story == "no picture":
        pictures = {}
    if story == "dark":
        pictures = {k: np.zeros_like(picture) for k, picture in pictures.items()}
    level = by_landings(t, landings(t, EXPOSURE, told, pictures.get, PERIOD), PERIOD)
    assert level.count == 0
    assert not level.tells


@pytest.mark.parametrize("block", [1, 257, 4001, 10_000_000])
def test_a_blink_is_told_once_however_the_stream_is_cut(block: int) -> None:
    blink = Blink(first=0.5, off=0.03, every=0.1, pulses=3)
    off: list[int] = []
    on: list[int] = []
    until = 90_000
    for first in range(0, until, block) if block > 1 else (49_999, 50_000, 50_001):
        stop = min(first + block, until) if block > 1 else first + 1
        for known, came in zip((off, on), blink.steps(first, stop, RATE), strict=True):
            known += came.tolist()
    assert off == ([50_000, 60_000, 70_000] if block > 1 else [50_000])
    assert on == ([53_000, 63_000, 73_000] if block > 1 else [])


@pytest.mark.parametrize("start", [0.0, 0.49, 0.505, 0.55, 0.69, 0.72, 5.0])
def test_how_long_it_is_dark_is_what_its_steps_say(start: float) -> None:
    blink = Blink(first=0.5, off=0.03, every=0.1, pulses=3)
    fine = np.arange(start, start + 0.2, 1e-5)
    off, on = (steps / RATE for steps in blink.steps(0, 10_000_000, RATE))
    dark = sum(((fine >= a) & (fine < b)).sum() for a, b in zip(off, on, strict=True)) * 1e-5
    assert blink.dark(start, start + 0.2, RATE) == pytest.approx(dark, abs=3e-5)


def test_a_lamp_that_would_never_be_on_is_refused() -> None:
    with pytest.raises(ValueError, match="never be on"):
        Blink(off=2.0, every=1.5)
