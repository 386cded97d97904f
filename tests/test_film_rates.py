"""Rates of growth by condition, and what `seccm irm` refuses."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seccm import session
from seccm.analysis.features import STATUSES
from seccm.cli.commands import app
from seccm.data import FeatureValues, open_scan, rewrite_features
from seccm.results import Status
from seccm.session.films import COLUMNS
from seccm.session.site_columns import kept_or_empty

OLD = Path(__file__).parent / "old_files"


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """Two conditions of two sites; one rate of contrast that turns over, one against the record."""
    path = Path(shutil.copyfile(OLD / "li-on-au-combinatorial.h5", tmp_path / "scan.h5"))
    column = next(c for c in COLUMNS if c.name == "irm_rate")
    with open_scan(path) as opened:
        kept = kept_or_empty(opened, column)
    values = np.array([0.01, 0.03, 0.05, -0.02])
    statuses = np.array([Status.OK, Status.OK, Status.FOLDED, Status.OTHER_SIGN], np.uint8)
    stored = FeatureValues(column, values, kept.errors, statuses)
    rewrite_features(path, {column.name: stored}, STATUSES)
    return path


def test_rates_are_means_of_the_sites_of_a_condition(scan: Path) -> None:
    first, second = session.rates_by_condition(scan)
    assert (first.sites, first.brighter) == (2, 2)
    assert first.mean == pytest.approx(0.02)
    assert first.sd == pytest.approx(0.01 * math.sqrt(2))
    assert "j = " in first.words
    # The one that turns over does not count; that against the record says what is right.
    assert (second.sites, second.brighter) == (1, 0)
    assert second.mean == pytest.approx(-0.02)
    assert math.isnan(second.sd)


def test_a_file_without_films_has_no_rates() -> None:
    assert session.rates_by_condition(OLD / "li-on-au-combinatorial.h5") == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("film.tif",), "does not say how large a pixel is"),
        (("film.tif", "--growth", "louder"), "neither brighter nor darker"),
        (("film.tif", "--pixel", "40 nm", "--site", "1"), "belong together"),
        (("film.tif", "--pixel", "40 kg"), "--pixel"),
        (("scan.h5", "--site", "1"), "the run had no camera"),
        (("scan.h5", "--site", "99"), "there is no site 99"),
    ],
)
def test_what_cannot_be_looked_at_is_said(scan: Path, words: tuple[str, ...], told: str) -> None:
    (scan.parent / "film.tif").write_bytes(b"")
    done = CliRunner().invoke(app, ["irm", str(scan.parent / words[0]), *words[1:]])
    assert done.exit_code == 2, done.output
    assert told in " ".join(done.output.split())
