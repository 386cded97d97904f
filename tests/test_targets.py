"""From pictures to the stage: landmarks, their mistakes, and which particles can be landed on."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from picture_pages import Page
from typer.testing import CliRunner

from seccm import session
from seccm.analysis.features import STATUSES
from seccm.arrays import FloatArray
from seccm.cli.commands import app
from seccm.data import FeatureValues, open_scan, rewrite_features
from seccm.errors import PlanError
from seccm.imaging.stage.agreeing import Undetermined, agreed
from seccm.imaging.stage.choice import Candidates, Reason, Wanted, choose
from seccm.imaging.stage.point_table import read_points
from seccm.imaging.stage.similarity import similarity
from seccm.imaging.stage.spots import spots
from seccm.session.films import COLUMNS
from seccm.session.site_columns import kept_or_empty

OLD = Path(__file__).parent / "old_files"
FIELD, PIXEL, NOISE = 41e-6, 40e-9, 0.2e-6
CENTRE = np.array([[20e-6, 20e-6]])


@dataclass(frozen=True)
class World:
    """How a picture really lies on the stage."""

    matrix: FloatArray
    shift: FloatArray

    def __call__(self, places: FloatArray) -> FloatArray:
        return places @ self.matrix.T + self.shift


def world(seed: int, *, mirrored: bool = True, scale: float = 1.0) -> World:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi)
    h = -1.0 if mirrored else 1.0
    cos, sin = np.cos(angle), np.sin(angle)
    return World(scale * np.array([[cos, -h * sin], [sin, h * cos]]), rng.uniform(-50e-6, 50e-6, 2))


def landmarks(seed: int, count: int, noise: float = NOISE, **how: bool | float):
    rng = np.random.default_rng(1000 + seed)
    there = world(seed, **how)
    picture = rng.uniform(0, FIELD, (count, 2))
    return there, picture, there(picture) + noise * rng.standard_normal((count, 2))


def said(picture: FloatArray, stage: FloatArray, **how: object) -> str:
    with pytest.raises(Undetermined) as failed:
        agreed(picture, stage, **{"mirrored": True, "scale": (0.9, 1.1), "error": NOISE, **how})
    return f"{failed.value.what} {failed.value.remedy}"


# The transform.


@given(st.integers(0, 10**6), st.booleans(), st.floats(0.03, 30), st.integers(2, 9))
def test_a_similarity_without_noise_is_found_to_the_last_digits(
    seed: int, mirrored: bool, scale: float, count: int
) -> None:
    there, picture, stage = landmarks(seed, count, 0.0, mirrored=mirrored, scale=scale)
    fit = similarity(picture, stage, mirrored=mirrored)
    size = np.abs(stage).max()
    assert np.abs(fit(CENTRE) - there(CENTRE)).max() < 1e-9 * size
    assert np.abs(fit.back(fit(CENTRE)) - CENTRE).max() < 1e-9 * FIELD
    assert (np.linalg.det(fit.matrix) < 0) == mirrored
    assert np.abs(fit.matrix - there.matrix).max() < 1e-8 * scale
    assert np.abs(fit.shift - there.shift).max() < 1e-8 * size


@pytest.mark.parametrize("count", [2, 3, 4, 6, 12, 20])
def test_the_error_at_a_target_is_that_of_many_drawn_landmarks(count: int) -> None:
    rng = np.random.default_rng(count)
    there = world(count)
    picture = rng.uniform(0, FIELD, (count, 2))
    target = np.array([[36e-6, 4e-6]])
    off = []
    for _ in range(1500):
        stage = there(picture) + NOISE * rng.standard_normal((count, 2))
        fit = similarity(picture, stage, mirrored=True)
        off.append((fit(target) - there(target))[0])
    exact = similarity(picture, there(picture), mirrored=True, declared=NOISE)
    found = math.sqrt(float((np.array(off) ** 2).mean()))
    assert exact.error(target)[0] == pytest.approx(found, rel=0.05)


@pytest.mark.parametrize("count", [3, 4, 8])
def test_two_standard_deviations_hold_the_target_as_often_as_they_should(count: int) -> None:
    held = []
    for seed in range(400):
        there, picture, stage = landmarks(seed, count)
        fit = similarity(picture, stage, mirrored=True)
        held += list(np.abs(fit(CENTRE) - there(CENTRE))[0] < 1.96 * fit.error(CENTRE))
    assert 0.93 < np.mean(held) < 0.98


def test_the_covariance_gives_the_error_at_any_place() -> None:
    _, picture, stage = landmarks(5, 7)
    fit = similarity(picture, stage, mirrored=True)
    place = np.array([[3e-6, 33e-6]])
    x, y = (place - fit.middle)[0]
    for row in ((x, y, 1, 0), (-y, x, 0, 1)):
        step = np.array(row)
        assert step @ fit.covariance @ step == pytest.approx(fit.error(place)[0] ** 2, rel=1e-12)


def test_what_is_declared_counts_where_few_landmarks_happen_to_fit() -> None:
    _, picture, stage = landmarks(1, 3, 0.0)
    fit = similarity(picture, stage, mirrored=True, declared=NOISE)
    assert fit.s == NOISE
    _, picture, stage = landmarks(1, 6, 5 * NOISE)
    assert similarity(picture, stage, mirrored=True, declared=NOISE).s > 2 * NOISE


# Landmarks that are wrong.


@pytest.mark.parametrize("wrong", [1, 2, 4, 5])
def test_mislabelled_landmarks_are_told_and_do_no_harm(wrong: int) -> None:
    off = []
    for seed in range(25):
        there, picture, stage = landmarks(seed, 12)
        rng = np.random.default_rng(seed)
        mixed = rng.choice(12, wrong, replace=False)
        stage[mixed] += 3e-6 * np.exp(1j * rng.uniform(0, 6.3, wrong)).view(float).reshape(-1, 2)
        found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=NOISE)
        assert not found.used[mixed].any()
        assert (found.missed[mixed] > 1.5e-6).all()
        off.append(math.dist(found.fit(CENTRE)[0], there(CENTRE)[0]))
    assert np.median(off) < 0.12e-6
    assert max(off) < 0.5e-6


def test_two_landmarks_whose_labels_were_exchanged_are_left_out() -> None:
    for seed in range(10):
        _, picture, stage = landmarks(seed, 7)
        far = np.argsort(picture[:, 0])[[0, -1]]
        stage[far] = stage[far[::-1]]
        found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=NOISE)
        assert set(np.flatnonzero(~found.used)) == set(far)


def test_one_of_four_that_is_wrong_is_named() -> None:
    for seed in range(10):
        _, picture, stage = landmarks(seed, 4, 0.05e-6)
        stage[seed % 4] += [6e-6, -5e-6]
        picture[:] = [[2e-6, 3e-6], [38e-6, 5e-6], [6e-6, 36e-6], [33e-6, 37e-6]]
        there = world(seed)
        stage = there(picture)
        stage[seed % 4] += [6e-6, -5e-6]
        found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=NOISE)
        assert np.flatnonzero(~found.used).tolist() == [seed % 4]


def test_of_three_landmarks_one_wrong_one_spoils_all_and_that_is_said() -> None:
    for seed in range(10):
        _, picture, stage = landmarks(seed, 3)
        stage[1] += [15e-6, 9e-6]
        text = said(picture, stage)
        assert "agree with one another" in text or "mirrored" in text or "scale" in text


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_landmarks_are_refused(count: int) -> None:
    _, picture, stage = landmarks(3, count)
    assert f"there are {count} landmarks, and 3 are needed" in said(picture, stage)


@pytest.mark.parametrize("count", [3, 6, 12])
def test_landmarks_on_a_line_are_refused(count: int) -> None:
    there = world(count)
    along = np.linspace(2e-6, 39e-6, count)
    picture = np.column_stack([along, 0.4 * along + 3e-6])
    assert "on a line" in said(picture, there(picture))
    assert "on a line" in said(np.tile(picture[:1], (count, 1)), there(picture))


def test_landmarks_are_refused_where_those_that_agree_are_on_a_line() -> None:
    there = world(2)
    along = np.linspace(2e-6, 39e-6, 5)
    picture = np.vstack([np.column_stack([along, along]), [[30e-6, 4e-6]]])
    stage = there(picture)
    stage[-1] += 9e-6
    assert "that agree are on a line" in said(picture, stage)


@pytest.mark.parametrize("count", [4, 6, 12])
@pytest.mark.parametrize("mirrored", [True, False])
def test_a_picture_of_the_other_handedness_is_refused_and_that_is_said(
    count: int, mirrored: bool
) -> None:
    for seed in range(15):
        _, picture, stage = landmarks(seed, count, mirrored=not mirrored)
        text = said(picture, stage, mirrored=mirrored)
        assert ("as it is" if mirrored else "fit mirrored") in text


def test_handedness_is_never_guessed() -> None:
    """Three noisy landmarks fit the wrong hand now and then: what is said stands."""
    _, picture, stage = landmarks(4, 3)
    found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=NOISE)
    assert found.fit.mirrored


@pytest.mark.parametrize("scale", [0.5, 0.88, 1.12, 25.0])
def test_a_scale_out_of_bounds_is_refused(scale: float) -> None:
    _, picture, stage = landmarks(6, 6, 0.0, scale=scale)
    assert f"scale the picture by {scale:.4g}" in said(picture, stage)


def test_lists_of_different_length_and_places_that_are_none_are_refused() -> None:
    _, picture, stage = landmarks(6, 6)
    assert "6 landmarks in one and 5" in said(picture, stage[:5])
    picture[2, 0] = math.nan
    assert "no place" in said(picture, stage)


def test_many_landmarks_are_no_trouble() -> None:
    there, picture, stage = landmarks(8, 400)
    stage[::4] += 20e-6
    found = agreed(picture, stage, mirrored=True, scale=(0.9, 1.1), error=NOISE)
    assert (~found.used[::4]).all()
    assert found.used.sum() == 300
    assert math.dist(found.fit(CENTRE)[0], there(CENTRE)[0]) < 0.05e-6


# Which particles are targets.


def among(places: FloatArray, error: float = 0.0, **columns: FloatArray) -> Candidates:
    count = len(places)
    usual = {
        "error": np.full(count, error), "diameter": np.full(count, math.nan),
        "to_edge": np.full(count, math.inf), "priority": np.zeros(count),
    }  # fmt: skip
    return Candidates(places=places, **{**usual, **columns})


@pytest.mark.parametrize("density", [0.002, 0.005, 0.01, 0.02])
def test_as_many_particles_are_alone_as_chance_leaves(density: float) -> None:
    """exp(-lambda pi R^2) of particles that fall independently; R is what a target needs."""
    wanted, error, shares = Wanted(footprint=4e-6, margin=0.5e-6), 0.2e-6, []
    need = 2.5e-6 + 2 * math.sqrt(2) * error
    for seed in range(30):
        rng = np.random.default_rng(seed)
        places = rng.uniform(0, 100e-6, (rng.poisson(density * 1e4), 2))
        inner = (np.abs(places - 50e-6) < 46e-6).all(axis=1)
        why = choose(among(places, error), wanted)
        shares.append(np.mean([why[k] is not Reason.NEIGHBOUR for k in np.flatnonzero(inner)]))
    expected = math.exp(-density * 1e12 * math.pi * need**2)
    assert np.mean(shares) == pytest.approx(expected, abs=0.03)


@given(st.integers(0, 10**6), st.integers(1, 120), st.floats(0, 0.6e-6))
def test_targets_have_their_ground_to_themselves(seed: int, count: int, error: float) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 60e-6, (count, 2))
    wanted = Wanted(footprint=3e-6, margin=0.3e-6, smallest=0.4e-6, largest=2e-6)
    used = rng.uniform(0, 60e-6, (3, 2))
    candidates = among(
        places, error, diameter=rng.uniform(0.2e-6, 2.4e-6, count),
        to_edge=np.minimum(places, 60e-6 - places).min(axis=1),
        priority=rng.integers(0, 3, count).astype(float),
    )  # fmt: skip
    why = choose(candidates, wanted, reach=((5e-6, 58e-6), (0.0, 60e-6)), used=used,
                 used_footprint=4e-6)  # fmt: skip
    for k in (k for k in range(count) if why[k] is Reason.TARGET):
        away = np.hypot(*(places - places[k]).T)
        away[k] = math.inf
        assert away.min() >= 1.8e-6 + 2 * error
        assert np.hypot(*(used - places[k]).T).min() >= 1.8e-6 + 2e-6 + 2 * error
        assert places[k, 0] - 2 * error >= 5e-6 + 1.8e-6
        assert candidates.to_edge[k] >= 1.8e-6 + 2 * error
        assert 0.4e-6 <= candidates.diameter[k] <= 2e-6
        near = list(np.flatnonzero(away < 3.3e-6 + 2 * math.sqrt(2) * error))
        assert not any(why[j] is Reason.TARGET for j in near)
    for k in (k for k in range(count) if why[k] is Reason.OVERLAP):
        better = [
            j for j in range(count) if why[j] is Reason.TARGET
            and math.dist(places[j], places[k]) < 3.3e-6 + 2 * math.sqrt(2) * error
        ]  # fmt: skip
        assert any(candidates.priority[j] >= candidates.priority[k] for j in better)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"diameter": np.array([0.1e-6, 1e-6])}, Reason.SMALL),
        ({"diameter": np.array([9e-6, 1e-6])}, Reason.LARGE),
        ({"error": np.array([0.6e-6, 0.0])}, Reason.UNCERTAIN),
        ({"error": np.array([math.nan, 0.0])}, Reason.UNCERTAIN),
        ({"to_edge": np.array([2.4e-6, 9.0])}, Reason.EDGE),
        ({"places": np.array([[1e-6, 20e-6], [30e-6, 20e-6]])}, Reason.TRAVEL),
        ({"places": np.array([[20e-6, 38e-6], [30e-6, 20e-6]])}, Reason.TRAVEL),
        ({"places": np.array([[41e-6, 20e-6], [30e-6, 20e-6]])}, Reason.TRAVEL),
        ({"places": np.array([[20e-6, 23e-6], [30e-6, 20e-6]])}, Reason.USED),
        ({"places": np.array([[28e-6, 20e-6], [30e-6, 20e-6]])}, Reason.NEIGHBOUR),
        ({"places": np.array([[26e-6, 20e-6], [30e-6, 20e-6]]),
          "priority": np.array([0.0, 1.0])}, Reason.OVERLAP),
        ({}, Reason.TARGET),
    ],
)  # fmt: skip
def test_a_particle_is_no_target_for_this_reason(
    change: dict[str, FloatArray], reason: Reason
) -> None:
    usual = among(np.array([[20e-6, 20e-6], [30e-6, 20e-6]]))
    candidates = Candidates(**{**{n: getattr(usual, n) for n in usual.__slots__}, **change})
    why = choose(candidates, Wanted(4e-6, 0.5e-6, 0.2e-6, 5e-6), used=np.array([[20e-6, 26e-6]]),
                 reach=((0.0, 40e-6), (0.0, 40e-6)), used_footprint=2e-6)  # fmt: skip
    assert why[0] is reason
    assert why[1] is Reason.TARGET or reason is Reason.NEIGHBOUR


def test_other_things_of_a_picture_keep_targets_away_too() -> None:
    alone = among(np.array([[20e-6, 20e-6]]))
    assert choose(alone, Wanted(4e-6)) == [Reason.TARGET]
    near = np.array([[21e-6, 20.5e-6]])
    assert choose(alone, Wanted(4e-6), others=near) == [Reason.NEIGHBOUR]
    assert choose(among(np.zeros((0, 2))), Wanted(4e-6)) == []


# Spots in a picture.


def picture_of(seed: int, count: int = 12, sign: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """A picture of particles of 0.8 um that are well apart, and where they are."""
    rng = np.random.default_rng(seed)
    grid = np.array([(i, j) for i in range(5) for j in range(4)])[rng.permutation(20)[:count]]
    places = (grid * 5.5 + 4.0 + rng.uniform(-1, 1, (count, 2))) * 1e-6
    side = 640
    rows, columns = (np.arange(side) + 0.5) * PIXEL, (np.arange(side + 160) + 0.5) * PIXEL
    image = 1000 + 150 * np.sin(columns / 14e-6)[None] + 40 * (rows / 26e-6)[:, None]
    for x, y in places:
        away = np.hypot(columns[None] - x, rows[:, None] - y)
        image = image + sign * 400 / (1 + np.exp((away - 0.4e-6) / 60e-9))
    return image + rng.normal(0, 12, image.shape), places


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_spots_are_found_where_particles_are(seed: int, sign: float) -> None:
    image, places = picture_of(seed, sign=sign)
    found = spots(image, PIXEL, largest=1.5e-6, smallest=0.3e-6, dark=sign < 0)
    at = np.column_stack([found.x, found.y])
    apart = np.hypot(*(at[:, None] - places[None]).transpose(2, 0, 1))
    assert len(found) == len(places)
    assert apart.min(axis=0).max() < 0.03e-6
    assert np.abs(found.diameter / 0.8e-6 - 1).max() < 0.06


def test_an_empty_picture_has_no_spots() -> None:
    assert len(spots(np.full((100, 120), 7.0), PIXEL, largest=1e-6)) == 0
    noise = np.random.default_rng(0).normal(1000, 10, (400, 400))
    assert len(spots(noise, PIXEL, largest=1e-6, smallest=0.3e-6)) == 0


# Tables of places.


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("x (um),y (um)\n1.5,2\n", 1.5e-6, 2e-6),
        (" ,Area,X,Y\n1,33,10,20\n", 0.4e-6, 0.8e-6),
        ("index;axis-0;axis-1\n0;20;10\n", 0.42e-6, 0.82e-6),
        ("x [px]\ty [px]\n10\t20\n", 0.4e-6, 0.8e-6),
    ],
)
def test_tables_of_other_programs_are_understood(
    tmp_path: Path, text: str, x: float, y: float
) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text, encoding="utf-8")
    assert read_points(path, PIXEL).places()[0] == pytest.approx([x, y], rel=1e-9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no column 'x'"),
        ("x (um),y (um)\n", "lists no places"),
        ("x (um),y (um)\n1,here\n", "'here', which is not a number"),
        ("x (um),y (um)\n1,2,3\n", "has 3 cells"),
        ("x (parsec),y (um)\n1,2\n", "parsec"),
        ("x (um),y (um)\nnan,2\n", "not a number"),
        ("", "no column 'x'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match=told.replace("(", r"\(")):
        read_points(path, PIXEL)


def test_pixels_need_their_length(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("X,Y\n1,2\n", encoding="utf-8")
    with pytest.raises(PlanError, match="the length of a pixel is not known"):
        read_points(path, None)


# The whole way, and its files.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    image, places = picture_of(7)
    tifffile.imwrite(tmp_path / "gold.tif", image.astype(np.uint16))
    there = world(7)
    marks = places[:6]
    stage = there(marks) + 0.05e-6 * np.random.default_rng(7).standard_normal((6, 2))
    stage[4] = stage[5] + 3e-6  # mistaken
    lines = [
        f"{1e6 * x},{1e6 * y},{1e6 * u},{1e6 * v},mark {k}"
        for k, ((x, y), (u, v)) in enumerate(zip(marks, stage, strict=True))
    ]
    text = "\n".join(["x (um),y (um),stage x (um),stage y (um),label", *lines])
    (tmp_path / "marks.csv").write_text(text, encoding="utf-8")
    return tmp_path


def command(folder: Path, *more: str):
    line = [
        "targets", str(folder / "gold.tif"), "--landmarks", str(folder / "marks.csv"),
        "--footprint", "2.5 um", "--pixel", "40 nm", "--largest", "1.5 um", *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, line)


def test_targets_on_the_command_line(folder: Path) -> None:
    done = command(folder)
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "5 of 6 landmarks agree" in words
    assert "Landmark mark 4 misses its place" in words
    told = json.loads((folder / "gold.tif.targets.json").read_text(encoding="utf-8"))
    there, (_, places) = world(7), picture_of(7)
    truth = there(places)
    for target in told["targets"]:
        away = np.hypot(*(truth - [target["x"], target["y"]]).T).min()
        assert away < 4 * target["u"]
        assert target["d"] == pytest.approx(0.8e-6, rel=0.06)
    assert len(told["targets"]) >= 8
    assert len(told["sha256"]) == 64
    assert np.array(told["transform"]["covariance"]).shape == (4, 4)
    assert [mark["used"] for mark in told["landmarks"]] == [True] * 4 + [False, True]
    assert np.linalg.det(told["transform"]["matrix"]) < 0
    table = (folder / "gold.tif.targets.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(places)
    page = Page(folder / "gold.tif.targets.html")
    shown = np.array([[float(cell) for cell in row[1:4]] for row in page.rows("Targets")])
    listed = [[each[name] for name in "xyu"] for each in told["targets"]]
    np.testing.assert_allclose(1e-6 * shown, listed, atol=6e-10)
    became = dict(page.rows("What became of the particles"))
    assert int(became.pop("target")) == len(listed)
    assert {why: int(count) for why, count in became.items()} == told["refused"]
    assert [row[-1] for row in page.rows("Landmarks")] == ["yes"] * 4 + ["no, left out", "yes"]
    assert not page.notices


def test_the_wrong_hand_is_refused_and_nothing_is_written(folder: Path) -> None:
    done = command(folder, "--not-mirrored")
    assert done.exit_code == 2
    assert "fit mirrored far better" in " ".join(done.output.split())
    assert not (folder / "gold.tif.targets.json").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--footprint", "0 um"), "must be more than 0"),
        (("--error", "0 nm"), "must be more than 0"),
        (("--scale", "150 %"), "between 0 % and 100 %"),
        (("--reach", "0 um, 1 um"), "4 are needed"),
        (("--pixel", "20 nm"), "outside of the picture"),
        (("--dark",), "no particle stands out"),
    ],
)
def test_what_cannot_be_used_is_said(folder: Path, more: tuple[str, ...], told: str) -> None:
    if "--pixel" in more:
        (folder / "p.csv").write_text("x (um),y (um)\n30,20\n", encoding="utf-8")
        more = (*more, "--particles", str(folder / "p.csv"))
    done = command(folder, *more)
    assert done.exit_code == 2, done.output
    assert told in " ".join(done.output.split())


def test_a_reach_that_holds_nothing_leaves_no_target(folder: Path) -> None:
    done = command(folder, "--reach", "1 mm, 1.01 mm, 1 mm, 1.01 mm")
    assert done.exit_code == 0
    assert "12 out of reach" in " ".join(done.output.split())
    page = Page(folder / "gold.tif.targets.html")
    assert page.notices == ["No particle is a target."]
    assert "Targets" not in page.tables


def test_particles_of_a_micrograph_are_taken_from_its_table(folder: Path) -> None:
    text = "number,x (um),y (um),diameter (nm),contrast\n1,12,11,400,1\n2,4,4,90,1\n"
    (folder / "gold.tif.particles.csv").write_text(text, encoding="utf-8")
    done = command(folder, "--smallest", "0.2 um")
    words = " ".join(done.output.split())
    assert "2 particles from" in words
    assert "1 too small" in words


def test_landings_that_a_camera_saw_are_landmarks(folder: Path) -> None:
    """The footprints of a scan, where a film showed them, are landmarks without a click."""
    scan = shutil.copy(OLD / "li-on-au-combinatorial.h5", folder / "scan.h5")
    there = world(7)
    with open_scan(scan) as opened:
        stage = np.column_stack([opened.sites["x"], opened.sites["y"]])
        columns = {c.name: kept_or_empty(opened, c) for c in COLUMNS}
    shift = there(np.array([[13e-6, 13e-6]]))[0] - stage.mean(axis=0)
    seen = (stage + shift - there.shift) @ np.linalg.inv(there.matrix).T
    for axis, values in zip("xy", seen.T, strict=True):
        kept = columns[f"irm_footprint_{axis}"]
        columns[kept.column.name] = FeatureValues(
            kept.column, values, kept.errors, np.zeros(len(values), np.uint8)
        )
    rewrite_features(scan, columns, STATUSES)
    found = session.find_targets(
        folder / "gold.tif", scan, Wanted(2.5e-6, largest=1.5e-6), pixel=PIXEL
    )
    assert found.agreed.used.all()
    assert found.landmarks.labels[0] == "site 0"
    truth = there(picture_of(7)[1]) - shift
    for place in found.candidates.places:
        assert np.hypot(*(truth - place).T).min() < 0.1e-6
    # Where droplets landed already, none lands again.
    assert Reason.USED in found.reasons


def test_a_scan_that_no_camera_saw_has_no_landmarks(folder: Path) -> None:
    scan = shutil.copy(OLD / "li-on-au-combinatorial.h5", folder / "scan.h5")
    with pytest.raises(PlanError, match="no camera has seen"):
        session.find_targets(folder / "gold.tif", scan, Wanted(2e-6), pixel=PIXEL)
