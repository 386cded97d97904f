"""Notes of the experiment: told once, kept, stored in each new file, shown."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from small_scan import small_scan
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.errors import PlanError, SeccmError
from seccm.session.notes import attributes, change, kept, radius


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def test_notes_are_told_once_and_kept() -> None:
    assert "Nothing is noted" in said("notes")
    said("notes", "--operator", "A. Person", "--gas", "argon")
    said("notes", "--electrolyte", "50 mM LiClO4 in PC", "--gas", "")
    assert kept() == {"operator": "A. Person", "electrolyte": "50 mM LiClO4 in PC"}
    assert "A. Person" in said("notes")


def test_the_radius_follows_from_the_resistance() -> None:
    """A cone of 5 degrees in a solution of 1.3 S/m: both parts are in series."""
    change({"resistance": "50 Mohm", "conductivity": "1.3 S/m", "half_angle": "5 deg"})
    found = radius(kept())
    assert found is not None
    inside = 1.0 / (1.3 * math.pi * found * math.tan(math.radians(5.0)))
    outside = 1.0 / (4.0 * 1.3 * found)
    assert inside + outside == pytest.approx(50e6, rel=1e-9)
    assert radius({"resistance": "50 Mohm"}) is None


@pytest.mark.parametrize("given", [
    {"resistance": "50"}, {"resistance": "0 ohm"}, {"half_angle": "5 V"},
    {"conductivity": "-1 S/m"},
])  # fmt: skip
def test_a_quantity_that_is_none_changes_nothing(given: dict[str, str]) -> None:
    change({"operator": "A"})
    with pytest.raises(PlanError):
        change({**given, "gas": "argon"})
    assert kept() == {"operator": "A"}


def test_a_file_has_the_notes_with_which_it_was_begun(tmp_path: Path) -> None:
    change({"operator": "A. Person", "resistance": "50 Mohm", "conductivity": "1.3 S/m",
            "half_angle": "5 deg"})  # fmt: skip
    path = tmp_path / "a.h5"
    for _ in seccm.run(small_scan(1, 1), path=path, seed=1):
        pass
    change({"operator": "Somebody Else"})
    with seccm.open(path) as scan:
        assert scan.header.extra["note_operator"] == "A. Person"
        assert scan.header.extra["note_radius"].endswith("(from the resistance)")
    output = said("info", path)
    assert "operator" in output
    assert "A. Person" in output


def test_notes_that_cannot_be_read_hold_no_run_up(home: Path) -> None:
    home.mkdir()
    (home / "notes.json").write_text("[")
    assert attributes() == {}
    with pytest.raises(SeccmError, match="cannot be read"):
        kept()
