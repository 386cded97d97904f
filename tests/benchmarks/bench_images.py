"""What pictures are worth: accuracy against planted truth, on seeds that no test has.

`python tests/benchmarks/bench_images.py [first seed] [seeds]` prints a line for each claim.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_film_cycles import NOISE, Planted
from test_overlays import FINE, UM, folder_of, laid
from test_targets import CENTRE, among, landmarks

from seccm.imaging.irm.footprint import footprint
from seccm.imaging.irm.places import PlaceStatus
from seccm.imaging.irm.viewing import view
from seccm.imaging.stage.agreeing import Undetermined, agreed
from seccm.imaging.stage.choice import Reason, Wanted, choose
from seccm.imaging.stage.similarity import similarity
from sim.cell import Droplet
from sim.film import Camera, Film, Optics, film, plated

DROPLET = Droplet(2e-6, 3.5e-6, 2e-6, math.radians(18.0))
Line = tuple[str, str, bool]


def of_targets(seeds: range) -> Iterator[Line]:
    """Error at a target, isolated share, mislabelled landmarks, handedness."""
    ratios = []
    for count in (3, 4, 6, 12, 20):
        there, picture, _ = landmarks(seeds[0], count)
        target = np.array([[36e-6, 4e-6]])
        rng, off = np.random.default_rng(seeds[0]), []
        for _ in range(4000):
            stage = there(picture) + 0.2e-6 * rng.standard_normal((count, 2))
            off.append((similarity(picture, stage, mirrored=True)(target) - there(target))[0])
        known = similarity(picture, there(picture), mirrored=True, declared=0.2e-6)
        ratios.append(math.sqrt(float(np.mean(np.square(off)))) / float(known.error(target)[0]))
    worst = max(abs(ratio - 1) for ratio in ratios)
    yield "14 error at a target: closed form, 3 %", f"{100 * worst:.1f} %", worst < 0.03
    worst = 0.0
    for density in (0.002, 0.005, 0.01, 0.02):
        shares = []
        for seed in range(30):
            rng = np.random.default_rng(seeds[0] * 1000 + seed)
            places = rng.uniform(0, 100e-6, (rng.poisson(density * 1e4), 2))
            inner = (np.abs(places - 50e-6) < 46e-6).all(axis=1)
            why = choose(among(places, 0.2e-6), Wanted(4e-6, 0.5e-6))
            shares.append(np.mean([why[k] is not Reason.NEIGHBOUR for k in np.flatnonzero(inner)]))
        need = 2.5e-6 + 2 * math.sqrt(2) * 0.2e-6
        worst = max(worst, abs(np.mean(shares) - math.exp(-density * 1e12 * math.pi * need**2)))
    yield "15 isolated share, 0.03", f"{worst:.3f}", worst < 0.03
    off, refused, told = [], 0, 0
    for seed in seeds:
        for wrong in (2, 4, 5):
            there, picture, stage = landmarks(seed, 12)
            rng = np.random.default_rng(seed)
            mixed = rng.choice(12, wrong, replace=False)
            stage[mixed] += rng.uniform(-8e-6, 8e-6, (wrong, 2))
            found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=0.2e-6)
            off.append(math.dist(found.fit(CENTRE)[0], there(CENTRE)[0]))
        _, picture, stage = landmarks(seed, 5, mirrored=False)
        try:
            agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=0.2e-6)
        except Undetermined as error:
            refused += 1
            told += "far better" in error.what
    yield (
        "6.1 2, 4, 5 of 12 wrong: median 0.11, max 0.5 um",
        (f"{1e6 * np.median(off):.3f}, {1e6 * max(off):.3f} um"),
        np.median(off) < 0.11e-6 and max(off) < 0.5e-6,
    )
    yield (
        "mirrored pictures refused, and why",
        f"{refused}, {told} of {len(seeds)}",
        (refused == told == len(seeds)),
    )


def of_cycles(seeds: range) -> Iterator[Line]:
    """Efficiency maps of planted shares."""
    identity, scatter, slope, folded = 0.0, 0.0, [], 0
    for seed in seeds:
        planted = Planted(seed)
        seen = planted.found()
        for one, truth in zip(seen.maps, planted.truth, strict=True):
            clear = one.status == PlaceStatus.OK
            identity = max(identity, abs(one.weighted - one.ratio))
            away = np.abs((one.efficiency - truth)[clear])
            scatter = max(scatter, 1.4826 * float(np.median(away)))
        slope.append(seen.calibration.b)
        folded += any(one.folded for one in Planted(seed, fold=0.6).found().maps)
    yield "12 weighted mean of a map = ratio, 0.005", f"{identity:.4f}", identity < 0.005
    yield f"12 sd of a place, k = 10 (noise {NOISE:.4f}), 0.015", f"{scatter:.4f}", scatter < 0.015
    yield (
        "12 CE = a + b ratio: b",
        f"{min(slope):.3f} to {max(slope):.3f}",
        (max(abs(each - 1) for each in slope) < 0.02),
    )
    yield "turning over within a plating is told", f"{folded} of {len(seeds)}", folded == len(seeds)


def of_films(seeds: range) -> Iterator[Line]:
    """Drift, lamp, footprint, onset of drawn films."""
    drift, lamp, small, wide, turned = 0.0, 0.0, 0.0, 0.0, 0
    history = plated(7.8, 15.0, DROPLET, step=10e-3)
    large = plated(7.8, 4.0, replace(DROPLET, footprint=11e-6), step=20e-3)
    roomy = plated(7.8, 4.0, DROPLET, step=20e-3)
    camera = Camera(rate=4.3)
    for seed in seeds:
        found = _viewed(film(history, camera, Optics(), seed))
        wide = max(wide, abs(found.footprint.diameter * 40e-9 / 7e-6 - 1))
        turns = film(history, camera, Optics(folding=True), seed)
        turned += any("turns over" in doubt for doubt in _viewed(turns).doubts)
        one, of_lamp = _followed(film(large, camera, Optics(), seed))
        drift, lamp = max(drift, one), max(lamp, of_lamp)
        small = max(small, _followed(film(roomy, camera, Optics(), seed, field=2.6))[0])
    yield "7 drift beside a footprint of 22 um, 0.5 nm rms", f"{1e9 * drift:.2f} nm", drift < 0.5e-9
    yield "7 drift, 7 um in a frame of 18 um, 0.5 nm rms", f"{1e9 * small:.2f} nm", small < 0.5e-9
    yield "7 lamp, 1e-4", f"{lamp:.1e}", lamp < 1e-4
    yield "footprint of 7 um, 0.5 %", f"{100 * wide:.2f} %", wide < 0.005
    yield "11 folded films are told", f"{turned} of {len(seeds)}", turned == len(seeds)
    for density, duration, rate, limit in ((2.0, 60.0, 4.3, 1.0), (7.8, 15.0, 4.3, 0.5),
                                           (38.2, 3.0, 50.0, 0.1)):  # fmt: skip
        onset, valid = _onsets(density, duration, rate, seeds)
        name = f"9 onset at {duration:.0f} s, {rate:g} fps: sd {limit} s"
        yield name, f"{onset:.3f} s", onset < limit
        yield f"9 valid at {duration:.0f} s, 0.8", f"{valid:.2f}", valid > 0.8
    false, count = _false_onsets(seeds)
    yield "10 false onsets where nothing grows, 1e-3", f"{false} of {count}", false <= 1e-3 * count
    off = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        disc = np.hypot(*np.mgrid[-358:358, -358:358]) < 275
        from scipy import ndimage

        change = 0.01 * ndimage.gaussian_filter(disc.astype(float), 3.75)
        noise = 0.0105 / math.sqrt(8) * rng.standard_normal(disc.shape)
        seen = footprint(change + noise)
        off.append(abs(seen.diameter / 550 - 1) if seen is not None else math.inf)
    yield (
        "8 footprint of 22 um at 1 %, 8 frames: 0.5 %",
        f"{100 * max(off):.2f} %",
        max(off) < 0.005,
    )


def _followed(taken: Film) -> tuple[float, float]:
    """Return by how much drift, in metres rms, and lamp are wrong."""
    found = _viewed(taken)
    error = (found.drift - (taken.shift - taken.shift[: found.contact].mean(axis=0))) * 40e-9
    ratio = found.lamp / taken.lamp
    return float(np.sqrt((error**2).mean())), float(ratio.std() / ratio.mean())


def _onsets(density: float, duration: float, rate: float, seeds: range) -> tuple[float, float]:
    """Return the scatter of onsets about those without noise, seconds, and the share known."""
    history, worst, valid = plated(density, duration, DROPLET, step=10e-3), 0.0, 1.0
    for seed in seeds:
        found, truth = (
            _viewed(film(history, Camera(rate=rate), Optics(noise=n), seed)) for n in (True, False)
        )
        both = np.isfinite(found.growth.onset) & np.isfinite(truth.growth.onset)
        off = np.abs((found.growth.onset - truth.growth.onset)[both])
        worst = max(worst, 1.4826 * float(np.median(off)))
        valid = min(valid, found.growth.known / float(found.inside.sum()))
    return worst, valid


def _false_onsets(seeds: range) -> tuple[int, int]:
    """Return how many places of a droplet in which nothing grows have an onset, and all places."""
    history, false, count = plated(7.8, 15.0, DROPLET, step=50e-3), 0, 0
    for seed in seeds:
        optics = Optics(contrast=0.0, other=0.0)
        found = _viewed(film(history, Camera(rate=4.3), optics, seed), sign=1)
        false += found.growth.known
        count += int(found.inside.sum())
    return false, count


def of_particles(seeds: range) -> Iterator[Line]:
    """The published populations in drawn micrographs: as found and corrected."""
    from drawn_micrographs import PIXEL, TABLE_1, pictures

    from seccm.imaging.sem.model_image import Look
    from seccm.imaging.sem.particles import find
    from seccm.imaging.sem.recount import measured, recount

    for name, population in TABLE_1.items():
        rows = []
        for drawn in pictures(population, seeds, 1200):
            particles = find(drawn.image, PIXEL)
            raw, right = measured(particles), recount(drawn.image, particles, Look())
            rows.append([
                raw.density / drawn.density - 1, raw.volume / drawn.volume - 1,
                right.density / drawn.density - 1, right.volume / drawn.volume - 1,
            ])  # fmt: skip
        n, v, again_n, again_v = np.nanmean(rows, axis=0)
        refused = int(np.isnan(rows).any(axis=1).sum())
        small = "3.82" in name
        good = abs(n) <= (0.2 if small else 0.1) and abs(v) <= (0.3 if "centre" in name else 0.15)
        yield f"13 {name}: n, V as found", f"{100 * n:+.0f} %, {100 * v:+.0f} %", good
        good = abs(again_n) <= 0.12 and abs(again_v) <= 0.07
        found = f"{100 * again_n:+.1f} %, {100 * again_v:+.1f} %; {refused} refused"
        yield f"13 {name}: corrected", found, good


def _viewed(taken: Film, sign: int = 0):  # type: ignore[no-untyped-def]
    return view(
        lambda a, b: iter(taken.frames[a:b].astype(float)), taken.t, int(np.argmax(taken.t > 0)),
        40e-9, sign=sign,
    )  # fmt: skip


def of_overlays(seeds: range, folder: Path) -> Iterator[Line]:
    """Shared parts of two pictures through their landmarks."""
    held = 0
    for seed in seeds:
        (found,) = laid(folder_of(folder, seed)).correlations.values()
        held += found.low < 0.9 < found.high
    yield (
        "6 planted correlation in its 95 % interval",
        f"{held} of {len(seeds)}",
        (held >= 0.8 * len(seeds)),
    )
    assert FINE < UM


def main() -> None:
    """Print a line for each claim."""
    import tempfile

    first, count = (int(each) for each in (*sys.argv[1:3], "700", "4")[:2])
    seeds = range(first, first + count)
    with tempfile.TemporaryDirectory() as folder:
        for lines in (
            of_targets(range(first, first + 30)), of_cycles(seeds), of_films(seeds),
            of_particles(seeds),
            of_overlays(range(first, first + 10), Path(folder)),
        ):  # fmt: skip
            for claim, measured, ok in lines:
                print(f"{claim:55} {measured:28} {'ok' if ok else 'NOT OK'}", flush=True)


if __name__ == "__main__":
    main()
