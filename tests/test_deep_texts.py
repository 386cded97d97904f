"""Texts in JSON or TOML that no program wrote: nested without end, and with endless numbers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seccm.batch import analysing
from seccm.catalog import catalog
from seccm.cli import replan_commands
from seccm.commissioning.bench import read_record
from seccm.errors import DataFileError, PlanError, RigError, SeccmError
from seccm.imaging.sem.files import edits_in
from seccm.mistakes import Mistakes
from seccm.movie.pages import HEADER, START, TEXT, read_layout
from seccm.plan.targets import read_targets
from seccm.readers.echemtips import read as read_echemtips
from seccm.readers.palmsens import read_session
from seccm.readers.said import Said, read_mapping
from seccm.remote.channel.endpoint import Endpoint
from sim.coarse import Screw
from ui.models import typed

DEEP = "[" * 100_000
LONG = "1" * 5_000
"""More digits than Python reads as a whole number."""
JSON = {"deep": DEEP, "deep and closed": "[" * 5_000 + "]" * 5_000, "long": f"[{LONG}]"}
TOML = {"deep": f"a = {DEEP}", "deep and closed": f"a = {JSON['deep and closed']}",
        "long": f"a = {LONG}"}  # fmt: skip


def echemtips(path: Path) -> Any:
    table = path.with_suffix(".csv")
    table.write_text("elapsed_s,scan_pixel\n0,0\n")
    path.rename(path.with_suffix(".json"))
    return read_echemtips(table, Said())


def movie(path: Path) -> Any:
    text = path.read_bytes()[: START - TEXT]
    beginning = bytearray(START)
    struct.pack_into("<2s", beginning, 0, b"II")
    assert HEADER.size <= TEXT
    beginning[TEXT : TEXT + len(text)] = text
    return read_layout(path, bytes(beginning))


REFUSE_JSON: dict[str, tuple[Callable[[Path], Any], type[Exception]]] = {
    "targets": (read_targets, Mistakes),
    "edits of particles": (edits_in, PlanError),
    "a session of PalmSens": (read_session, DataFileError),
    "a recording of eChemTips": (echemtips, DataFileError),
    "a record of a bench": (lambda path: read_record(path, "card"), PlanError),
    "a movie": (movie, DataFileError),
    "where a screw was left": (Screw.kept, RigError),
}
REFUSE_TOML: dict[str, Callable[[Path], Any]] = {
    "a mapping": read_mapping,
    "a planner": replan_commands._table,
}


@pytest.mark.parametrize("text", sorted(JSON))
@pytest.mark.parametrize("what", sorted(REFUSE_JSON))
def test_a_file_in_json_that_nobody_can_have_meant_is_refused_in_a_sentence(
    tmp_path: Path, what: str, text: str
):
    read, error = REFUSE_JSON[what]
    path = tmp_path / "a.json"
    path.write_text(JSON[text])
    with pytest.raises(error) as caught:
        read(path)
    said = str(caught.value)
    assert said
    assert len(said) < 1_000
    assert path.with_suffix(".json").read_text() == JSON[text]  # and it is left as it is


@pytest.mark.parametrize("text", sorted(TOML))
@pytest.mark.parametrize("what", sorted(REFUSE_TOML))
def test_a_file_in_toml_that_nobody_can_have_meant_is_refused_in_a_sentence(
    tmp_path: Path, what: str, text: str
):
    path = tmp_path / "a.toml"
    path.write_text(TOML[text])
    with pytest.raises(SeccmError, match=r"TOML"):
        REFUSE_TOML[what](path)


@pytest.mark.parametrize("text", sorted(JSON))
def test_what_the_program_can_do_without_is_passed_over(tmp_path: Path, text: str):
    """Tags of a catalogue, the ledger of a batch, what a host announced: they are made again."""
    path = tmp_path / "a.json"
    path.write_text(JSON[text])
    assert catalog._load(path) == {}
    assert analysing._read(path) == {}
    host = Endpoint(tmp_path)
    (tmp_path / "host.json").write_text(JSON[text])
    assert host.facts is None


@pytest.mark.parametrize("text", [DEEP, LONG, f"[{LONG}]", f"{{a = {LONG}}}", "{", '"'])
def test_what_is_typed_into_a_field_and_is_no_value_stays_the_text(text: str):
    assert typed._as_table(text) == text
