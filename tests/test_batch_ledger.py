"""A batch that was ended anywhere goes on where it was: its list of what was done is never trusted
further than it reaches."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from seccm.batch import Analysed, analyse_all
from seccm.batch import analysing as module
from seccm.errors import DataFileError

worked: list[str] = []
"""Names of the files that were analysed."""


def fake(path: str) -> dict[str, Any]:
    """Analyse a text: as many sites as it has letters; "bad" cannot be analysed."""
    worked.append(Path(path).name)
    text = Path(path).read_text()
    if text == "bad":
        raise ValueError(f"{path}: is\n  no scan")
    results = {"E": {"n": 1, "median": 0.1 + len(text), "sd": float("nan")}}
    return {"path": path, "sites": len(text), "damaged": 0, "results": results}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    worked.clear()
    monkeypatch.setattr(module, "_one", fake)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("a.h5", "µ 50 %.h5", "c.h5")]
    for k, path in enumerate(made):
        path.write_text("x" * (k + 1))
    return made


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "done.jsonl"


def told(found: list[Analysed]) -> list[tuple[str, int, str]]:
    """What matters of each, whether it was done now or before."""
    return [(Path(one.path).name, one.sites, repr(one.results)) for one in found]


@pytest.mark.parametrize("part", range(0, 101, 10))
def test_a_ledger_that_is_cut_anywhere_resumes_with_the_same_results(
    files: list[Path], ledger: Path, part: int
) -> None:
    """What is whole is not done again; what is not is; and nothing is done twice after that."""
    whole = told(analyse_all(files, ledger=ledger))
    content = ledger.read_bytes()
    kept = content[: len(content) * part // 100]
    ledger.write_bytes(kept)
    worked.clear()
    found = analyse_all(files, ledger=ledger)
    assert told(found) == whole
    lines = [line for line in content.split(b"\n") if line]
    count = sum(kept.startswith(b"\n".join(lines[: k + 1])) for k in range(len(lines)))
    assert worked == [path.name for path in files[count:]]
    assert [one.before for one in found] == [k < count for k in range(3)]
    worked.clear()
    assert told(analyse_all(files, ledger=ledger)) == whole
    assert worked == []


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_ledger_without_its_last_bytes_loses_one_scan_at_most(
    files: list[Path], ledger: Path, cut: int
) -> None:
    analyse_all(files, ledger=ledger)
    ledger.write_bytes(ledger.read_bytes()[:-cut])
    worked.clear()
    analyse_all(files, ledger=ledger)
    assert worked == ([] if cut == 1 else ["c.h5"]), "an end of a line that is missing is no loss"


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"null", b"3", b"\xff\xfe\x00", b'{"path": ["a"]}', b"[" * 50,
        b'{"path": "PATH"}', b'{"path": "PATH", "mark": "m"}',
        b'{"path": "PATH", "mark": "m", "analysed": 3}',
        b'{"path": "PATH", "mark": "m", "analysed": {"colour": "red"}}',
        b'{"path": "PATH", "mark": "", "analysed": {"path": "PATH"}}',
        b'{"path": "PATH", "mark": null, "analysed": {"path": "PATH"}}',
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_passed_over(files: list[Path], ledger: Path, line: bytes) -> None:
    resolved = json.dumps(str(files[0].resolve()))[1:-1].encode()
    ledger.write_bytes(line.replace(b"PATH", resolved) + b"\n")
    found = analyse_all(files, ledger=ledger)
    assert [one.before for one in found] == [False] * 3
    assert [one.sites for one in found] == [1, 2, 3]
    assert all(one.before for one in analyse_all(files, ledger=ledger))


def test_the_last_line_of_a_scan_counts(files: list[Path], ledger: Path) -> None:
    analyse_all(files[:1], ledger=ledger)
    files[0].write_text("xxxxx")
    assert analyse_all(files[:1], ledger=ledger)[0].sites == 5
    (again,) = analyse_all(files[:1], ledger=ledger)
    assert (again.before, again.sites) == (True, 5)
    assert len(ledger.read_bytes().splitlines()) == 2, "what was there stays"


@pytest.mark.parametrize("change", ["content", "time", "gone"])
def test_a_file_that_is_another_one_is_done_again(
    files: list[Path], ledger: Path, change: str
) -> None:
    analyse_all(files, ledger=ledger)
    if change == "content":
        files[1].write_text("longer than before")
    elif change == "time":
        os.utime(files[1], ns=(0, 10**18))
    else:
        files[1].unlink()
    worked.clear()
    found = analyse_all(files, ledger=ledger)
    assert worked == [files[1].name]
    assert [one.before for one in found] == [True, False, True]
    assert bool(found[1].failed) is (change == "gone")


def test_a_file_that_vanished_while_it_was_analysed_is_not_done_for_ever(
    files: list[Path], ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removes(path: str) -> dict[str, Any]:
        made = fake(path)
        Path(path).unlink()
        return made

    monkeypatch.setattr(module, "_one", removes)
    analyse_all(files[:1], ledger=ledger)
    monkeypatch.setattr(module, "_one", fake)
    (found,) = analyse_all(files[:1], ledger=ledger)
    assert not found.before
    assert "No such file" in found.failed


def test_one_that_fails_is_told_in_one_line_and_tried_again(
    files: list[Path], ledger: Path
) -> None:
    files[1].write_text("bad")
    heard: list[Analysed] = []
    found = analyse_all(files, ledger=ledger, done=heard.append)
    assert [one.failed.endswith(": is no scan") for one in found] == [False, True, False]
    assert heard == found
    worked.clear()
    analyse_all(files, ledger=ledger)
    assert worked == [files[1].name]


def test_a_file_that_is_given_twice_is_analysed_once(files: list[Path]) -> None:
    twice = [files[2], files[0], files[2].parent / "." / "c.h5", files[0]]
    found = analyse_all(twice)
    assert worked == ["c.h5", "a.h5"]
    assert [Path(one.path).name for one in found] == ["c.h5", "a.h5"], "in the order of the paths"


def test_an_interrupt_keeps_what_was_done(
    files: list[Path], ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: str) -> dict[str, Any]:
        if path.endswith("c.h5"):
            raise KeyboardInterrupt
        return fake(path)

    monkeypatch.setattr(module, "_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        analyse_all(files, ledger=ledger)
    monkeypatch.setattr(module, "_one", fake)
    worked.clear()
    assert [one.before for one in analyse_all(files, ledger=ledger)] == [True, True, False]
    assert worked == ["c.h5"]


def test_a_ledger_that_cannot_be_one_is_told_before_anything_is_done(
    files: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(DataFileError, match="cannot be read"):
        analyse_all(files, ledger=tmp_path)
    assert worked == []


def test_a_ledger_in_no_folder_is_told(files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be written"):
        analyse_all(files, ledger=tmp_path / "missing" / "done.jsonl")


def test_no_files_are_no_work(ledger: Path) -> None:
    assert analyse_all([], ledger=ledger) == []
    assert not ledger.exists()
