"""Notes of the experiment: told once, kept, stored in each new file, shown."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
from small_scan import small_scan
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data import seal
from seccm.data.notes import changed, changes, of_file
from seccm.errors import PlanError, SeccmError
from seccm.session.notes import amend, attributes, change, kept, radius


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


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file whose notes were told before the run."""
    folder = tmp_path_factory.mktemp("notes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECCM_HOME", str(folder / "home"))
        change({"operator": "A. Person", "gas": "air", "resistance": "50 Mohm"})
        for _ in seccm.run(small_scan(1, 1), path=folder / "a.h5", seed=1):
            pass
    return folder / "a.h5"


def test_notes_are_changed_afterwards_in_the_open_and_the_record_stays(
    begun: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(begun, tmp_path / "b.h5"))
    with seccm.open(path) as scan:
        rows, checked = scan.site(0).E.tobytes(), scan.sites["crc32"].tolist()
    amend(path, {"gas": "argon", "conductivity": "1.3 S/m", "half_angle": "5 deg"})
    now = amend(path, {"operator": "", "remark": "said later"})
    assert now["gas"] == "argon"
    assert "operator" not in now
    assert now["radius"].endswith("(from the resistance)")
    with seccm.open(path) as scan:
        assert scan.site(0).E.tobytes() == rows
        assert scan.sites["crc32"].tolist() == checked
        assert scan.check() == {}
        extra = scan.header.extra
    assert of_file(extra) == now
    first, second = (one["words"] for one in changes(extra))
    assert 'gas "air" → "argon"' in first
    assert 'operator "A. Person" → nothing' in second
    assert "said later" in said("info", path)
    assert seal.holds(path)


def test_what_changes_nothing_leaves_the_file_as_it_is(begun: Path) -> None:
    before = begun.read_bytes()
    assert amend(begun, {"gas": "air"})["gas"] == "air"
    with pytest.raises(PlanError):
        amend(begun, {"resistance": "50", "gas": "argon"})
    assert begun.read_bytes() == before


def test_the_command_line_shows_and_changes_the_notes_of_a_file(
    begun: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(begun, tmp_path / "c.h5"))
    assert "air" in said("notes", "--of", path)
    assert "argon" in said("notes", "--of", path, "--gas", "argon")
    assert "argon" in said("notes", "--of", path)
    assert "Nothing is noted" in said("notes")  # those of the next file are others
    said("notes", "--of", tmp_path / "none.h5", code=2)


@pytest.mark.parametrize("spoiled", ["[", "3", '[{"at": 1}]', '["x"]'])
def test_a_spoiled_list_of_changes_holds_nobody_up(spoiled: str) -> None:
    assert changes({"notes_changed": spoiled}) == []
    again = changed({"notes_changed": spoiled, "note_gas": "air"}, {"gas": "argon"}, "now")
    assert changes(again) == [{"at": "now", "words": 'gas "air" → "argon"'}]
