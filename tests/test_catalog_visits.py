"""What a catalogue knows after any number of visits is what a new one finds: nothing more."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seccm.catalog import Catalog, Entry, Search, Spread
from seccm.catalog import catalog as module
from seccm.catalog.entry import Row
from seccm.errors import DataFileError

READ: list[str] = []
"""Files that were read, by name."""


def fake(path: Path, modified: int, size: int) -> tuple[Entry, list[Row]]:
    """Read a small text as if it was a scan: "UUID VALUE VALUE...", or anything else."""
    READ.append(path.name)
    words = path.read_text().split()
    try:
        values = [float(word) for word in words[1:]]
    except ValueError:
        return Entry(str(path), modified, size, problem="is not a scan."), []
    spread = Spread("V", len(values), min(values), float(np.median(values)), max(values))
    rows = [
        (str(path), k, 0.0, 0.0, "", "ok", "E", value, 0.0, "")
        for k, value in enumerate(values)
    ]  # fmt: skip
    state = "running" if words[0].startswith("live") else "complete"
    told = Entry(str(path), modified, size, uuid=words[0], title=words[0], state=state,
                 sites=len(values), results={"E": spread})  # fmt: skip
    return told, rows


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    READ.clear()
    monkeypatch.setattr(module, "read", fake)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no tables of sites: the package for them is not installed."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "below").mkdir(parents=True)
    for name, text in (("a", "ua 1 2 3"), ("b", "ub 4"), ("below/c", "uc 5 6")):
        (folder / f"{name}.h5").write_text(text)
    return folder


def titles(catalog: Catalog) -> list[str]:
    return sorted(entry.title for entry in catalog.find(Search()))


def vanish(data: Path) -> None:
    (data / "b.h5").unlink()


def grow(data: Path) -> None:
    with open(data / "a.h5", "a") as file:
        file.write(" 7 8")


def move(data: Path) -> None:
    (data / "a.h5").rename(data / "below" / "moved.h5")


def swap(data: Path) -> None:
    """Two files change names; sizes differ, times stay."""
    (data / "a.h5").rename(data / "x")
    (data / "b.h5").rename(data / "a.h5")
    (data / "x").rename(data / "b.h5")


def spoil(data: Path) -> None:
    (data / "a.h5").write_text("not a scan at all")


def come(data: Path) -> None:
    (data / "new folder").mkdir()
    (data / "new folder" / "d.h5").write_text("ud 9")


def copy(data: Path) -> None:
    (data / "copy.h5").write_text((data / "a.h5").read_text())


def touch(data: Path) -> None:
    os.utime(data / "a.h5", ns=(0, 10**18))


CHANGES: tuple[Callable[[Path], None], ...] = (
    vanish, grow, move, swap, spoil, come, copy, touch,
)  # fmt: skip


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_visit_after_a_change_finds_what_a_new_catalogue_finds(
    data: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    Catalog(tmp_path / "kept").update([data])
    change(data)
    kept = Catalog(tmp_path / "kept")
    kept.update()
    fresh = Catalog(tmp_path / "fresh")
    fresh.update([data])
    assert kept.entries == fresh.entries
    assert Catalog(tmp_path / "kept").entries == fresh.entries, "and it is on the disk"


@pytest.mark.usefixtures("plain")
def test_every_change_after_the_other_is_followed(data: Path, tmp_path: Path) -> None:
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    for change in (grow, come, touch, move, vanish):
        change(data)
        kept.update()
    fresh = Catalog(tmp_path / "fresh")
    fresh.update([data])
    assert kept.entries == fresh.entries
    assert kept.update().read == 0


def contents(catalog: Catalog) -> list[tuple[str, float]]:
    rows = catalog.query("SELECT scan, value FROM sites ORDER BY scan, value")[1]
    return [(Path(scan).name, value) for scan, value in rows]


ALL = [("a.h5", 1.0), ("a.h5", 2.0), ("a.h5", 3.0), ("b.h5", 4.0), ("c.h5", 5.0), ("c.h5", 6.0)]


@pytest.mark.parametrize("change", [grow, vanish, move], ids=lambda change: change.__name__)
def test_the_table_of_sites_has_each_row_once_after_a_change(
    data: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    pytest.importorskip("duckdb")
    kept, fresh = Catalog(tmp_path / "kept"), Catalog(tmp_path / "fresh")
    kept.update([data])
    assert contents(kept) == ALL
    change(data)
    kept.update()
    fresh.update([data])
    assert contents(kept) == contents(fresh)
    on_disk = {path.name for path in (tmp_path / "kept").glob("*.parquet")}
    assert len(on_disk) == 1, "no table is left of before"


def test_a_table_that_is_gone_is_made_anew(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    Catalog(tmp_path / "kept").update([data])
    for part in (tmp_path / "kept").glob("*.parquet"):
        part.unlink()
    kept = Catalog(tmp_path / "kept")
    assert kept.update().read == 3
    assert contents(kept) == ALL


def test_a_catalogue_killed_before_its_index_was_written_has_no_row_twice(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb")
    Catalog(tmp_path / "kept").update([data])
    come(data)
    grow(data)

    def killed(catalog: Catalog) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            Catalog(tmp_path / "kept").update()
    assert contents(Catalog(tmp_path / "kept")) == ALL, "as it was before"
    kept, fresh = Catalog(tmp_path / "kept"), Catalog(tmp_path / "fresh")
    kept.update()
    fresh.update([data])
    assert contents(kept) == contents(fresh)


def test_tables_come_with_the_package_that_was_not_there_before(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        Catalog(tmp_path / "kept").update([data])
        assert Catalog(tmp_path / "kept").update().read == 0
    kept = Catalog(tmp_path / "kept")
    assert kept.update().read == 3
    assert contents(kept) == ALL
    assert kept.update().read == 0


@pytest.mark.usefixtures("plain")
def test_a_scan_that_was_running_is_looked_at_again_though_no_byte_changed(
    data: Path, tmp_path: Path
) -> None:
    """Its program may have been killed since."""
    (data / "d.h5").write_text("live-d 1")
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    READ.clear()
    assert kept.update().read == 1
    assert READ == ["d.h5"]


@pytest.mark.usefixtures("plain")
def test_folders_in_each_other_and_given_twice_count_a_file_once(
    data: Path, tmp_path: Path
) -> None:
    kept = Catalog(tmp_path / "kept")
    changes = kept.update([data, data / "below", data, data / "below" / ".."])
    assert changes.read == len(kept.entries) == 3
    assert len(kept.folders) == 2


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("name", [".hidden.h5", "a.h5.part", "a.txt", "h5", ".git/a.h5"])
def test_what_is_no_data_file_is_not_looked_at(data: Path, tmp_path: Path, name: str) -> None:
    (data / name).parent.mkdir(exist_ok=True)
    (data / name).write_text("ux 1")
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    assert titles(kept) == ["ua", "ub", "uc"]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("name", ["it's.h5", 'two "words".h5', "50 % µ.h5", "日本.h5", "a\nb.h5"])
def test_any_name_of_a_file_is_found_and_tagged(data: Path, tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and set(name) & set('"\n'):
        pytest.skip("no name there")
    (data / name).write_text("odd 1")
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    (found,) = kept.find(Search(text=name))
    assert kept.tag(found.path, "it's", "a b") == ("it's", "a b")
    again = Catalog(tmp_path / "kept")
    assert again.find(Search(tag="IT'S")) == [found]


@pytest.mark.usefixtures("plain")
@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_scan_that_is_found_by_a_link_can_be_tagged(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.h5"
    elsewhere.write_text("far 1")
    (data / "link.h5").symlink_to(elsewhere)
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    (found,) = kept.find(Search(plan="far"))
    assert kept.tag(found.path, "good") == ("good",)


@pytest.mark.usefixtures("plain")
def test_a_disk_that_is_not_there_loses_no_scan(data: Path, tmp_path: Path) -> None:
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    data.rename(tmp_path / "unplugged")
    assert kept.update().gone == 0
    assert titles(kept) == ["ua", "ub", "uc"]
    (tmp_path / "unplugged").rename(data)
    assert kept.update().kept == 3


def test_a_root_folder_loses_what_was_removed_from_it(tmp_path: Path) -> None:
    root = str(Path(tmp_path.anchor))
    assert module._was_below(str(Path(root) / "a.h5"), [root])
    assert not module._was_below(str(tmp_path.parent / "other" / "a.h5"), [str(tmp_path)])
    assert not module._was_below(f"{tmp_path}2/a.h5", [str(tmp_path)]), "a name that begins alike"


ENTRY = dataclasses.asdict(Entry("/a.h5", 1, 2))


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(
    "index",
    [
        "", "[]", "null", '{"version": 1}', '{"version": 99, "entries": 3}',
        '{"version": 1, "entries": [{}], "folders": [], "parts": {}}',
        '{"version": 1, "entries": 3, "folders": [], "parts": {}}',
        '{"version": 1, "entries": [], "folders": 7, "parts": {}}',
        '{"version": 1, "entries": [], "folders": [], "parts": [1]}',
        json.dumps({"version": 1, "entries": [{**ENTRY, "results": [1]}], "folders": [],
                    "parts": {}}),
        json.dumps({"version": 1, "entries": [{**ENTRY, "colour": "red"}], "folders": [],
                    "parts": {}}),
    ],
)  # fmt: skip
def test_an_index_of_any_wrong_form_is_made_anew(data: Path, tmp_path: Path, index: str) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "index.json").write_text(index)
    kept = Catalog(tmp_path / "kept")
    assert not kept.entries
    kept.update([data])
    assert titles(kept) == ["ua", "ub", "uc"]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("tags", ["[]", '{"ua": 3}', '{"ua": [1, {}]}', '{"ua": "paper"}', "{"])
def test_tags_of_any_wrong_form_hinder_nothing(data: Path, tmp_path: Path, tags: str) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "tags.json").write_text(tags)
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    assert kept.find(Search(tag="paper")) == []
    assert kept.tag(data / "a.h5", "paper") == ("paper",)
    assert [found.title for found in kept.find(Search(tag="paper"))] == ["ua"]


@pytest.mark.usefixtures("plain")
def test_a_full_disk_is_told_and_the_catalogue_of_before_stays(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Catalog(tmp_path / "kept")
    kept.update([data])
    kept.tag(data / "a.h5", "paper")
    before = {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    come(data)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DataFileError, match=r"No space left on device[.] Name another place"):
        kept.update()
    with pytest.raises(DataFileError, match="tags cannot be written"):
        kept.tag(data / "a.h5", "good")
    assert kept.tags == {"ua": ["paper"]}
    assert {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before


@pytest.mark.usefixtures("plain")
def test_a_folder_that_is_none_is_refused_and_not_kept(data: Path, tmp_path: Path) -> None:
    kept = Catalog(tmp_path / "kept")
    with pytest.raises(DataFileError, match=r"is not a folder[.] Nothing was catalogued"):
        kept.update([data / "a.h5"])
    assert (kept.entries, kept.folders) == ({}, [])
    assert not (tmp_path / "kept").exists()


def test_text_that_looks_like_sql_is_only_text(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    name = "x'); DROP TABLE scans; --.h5"
    (data / name).write_text("');DROP 1.5")
    kept = Catalog(tmp_path / "ke'pt")
    kept.update([data])
    assert kept.query("SELECT title FROM scans WHERE title LIKE '%DROP'")[1] == [("');DROP",)]
    assert (name, 1.5) in contents(kept)
    with pytest.raises(DataFileError, match="table sites has the columns"):
        kept.query("")
