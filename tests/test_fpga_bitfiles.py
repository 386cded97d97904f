"""Bitfiles that are not those of the program: refused in a sentence, by name and type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fpga_bench import rig_table

from hardware.wec_fpga import contract
from hardware.wec_fpga.bench import device_of, procedure
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.library import beside, bitfile_of, find_driver
from hardware.wec_fpga.link import Link
from seccm.errors import PlanError, RigError
from seccm.quantities import validate
from seccm.rig import Mounted
from sim.fpga import bitfile

NEEDED = sorted({*contract.REGISTERS, contract.GAIN, contract.TO_HOST, contract.TO_TARGET})
SPARE = sorted({*bitfile.REGISTERS} - {*contract.REGISTERS, contract.GAIN})


def refused(path: Path) -> RigError:
    """What is said of a file, before any library is asked for."""
    with pytest.raises(RigError) as caught:
        Link(str(path), "RIO0")
    assert caught.value.where == "RIO0"
    assert "Nothing moved" in caught.value.what
    return caught.value


def retyped(name: str, old: str, new: str) -> str:
    """The text of a bitfile in which one register has another type."""
    at = re.compile(rf"(<Register><Name>{re.escape(name)}</Name>.*?<Datatype>)<{old}>(.*?)</{old}>")
    text, count = at.subn(rf"\1<{new}>\2</{new}>", bitfile.xml())
    assert count == 1
    return text


@pytest.mark.parametrize("name", NEEDED)
def test_without_a_register_or_a_queue_that_is_needed_it_is_refused_by_its_name(
    tmp_path: Path, name: str
):
    path = tmp_path / "less.lvbitx"
    path.write_text(bitfile.xml(without=name), encoding="utf-8")
    error = refused(path)
    assert error.code == "another-program"
    assert f'"{name}"' in error.what
    assert "is missing" in error.what


@pytest.mark.parametrize("name", SPARE)
def test_what_the_driver_never_touches_may_be_missing(name: str):
    kinds = {"Boolean": "Bool"}
    have = {n: kinds.get(one.kind, one.kind) for n, one in bitfile.REGISTERS.items() if n != name}
    assert list(contract.misfits(have, dict.fromkeys(bitfile.FIFOS, "I16"))) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (contract.Z, "I16", "I32", "(I16) is I32 there"),
        (contract.PAUSE, "Boolean", "U8", "(Bool) is U8 there"),
        (contract.LINE, "U64", "U32", "(U64) is U32 there"),
        (contract.THRESHOLD_2, "I32", "I16", "(I32) is I16 there"),
    ],
)
def test_a_register_of_another_type_is_named_with_both(
    tmp_path: Path, name: str, old: str, new: str, told: str
):
    path = tmp_path / "other.lvbitx"
    path.write_text(retyped(name, old, new), encoding="utf-8")
    assert f'"{name}" {told}' in refused(path).what


def test_a_queue_of_another_type_is_named(tmp_path: Path):
    path = tmp_path / "wide.lvbitx"
    path.write_text(
        bitfile.xml().replace("<SubType>I16</SubType>", "<SubType>U64</SubType>"), encoding="utf-8"
    )
    error = refused(path)
    assert contract.TO_HOST in error.what
    assert contract.TO_TARGET in error.what


def test_of_much_that_is_missing_the_first_three_are_said_and_the_rest_is_counted(tmp_path: Path):
    text = re.sub(
        r"<RegisterList>.*</RegisterList>", "<RegisterList></RegisterList>", bitfile.xml()
    )
    path = tmp_path / "empty.lvbitx"
    path.write_text(text, encoding="utf-8")
    error = refused(path)
    assert error.what.count("is missing") == 3
    assert f"and {len(contract.REGISTERS) + 1 - 3} more" in error.what
    assert "WEC-SPM" in error.remedy


HOSTILE = {
    "nothing": b"",
    "words": b"a bitfile",
    "another xml": b"<a><b/></a>",
    "half of it": bitfile.xml()[: len(bitfile.xml()) // 2].encode(),
    "bytes": bytes(range(256)),
    "no signature": bitfile.xml().replace("SignatureRegister", "Else").encode(),
    "no number of a queue": bitfile.xml().replace("<Number>1</Number>", "").encode(),
    "a place that is not a number": re.sub(
        r"<Offset>\d+</Offset>", "<Offset>here</Offset>", bitfile.xml()
    ).encode(),
    "a register without a type": bitfile.xml()
    .replace("<Datatype><Boolean>", "<Datatype2><Boolean>")
    .replace("</Boolean></Datatype>", "</Boolean></Datatype2>")
    .encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_in_the_file_it_ends_in_a_sentence(tmp_path: Path, content: bytes):
    path = tmp_path / "strange.lvbitx"
    path.write_bytes(content)
    error = refused(path)
    assert error.code in ("bitfile", "another-program")
    assert str(path) in error.what
    assert "Give the" in error.remedy


def test_a_file_that_is_not_there_and_a_folder_are_refused_by_their_path(tmp_path: Path):
    for path in (tmp_path / "none.lvbitx", tmp_path):
        error = refused(path)
        assert (error.code, str(path) in error.what) == ("bitfile", True)


# Named by a rig file.


def config(**tables: Any) -> WecFpgaConfig:
    return validate(WecFpgaConfig, rig_table(**tables), "rig.toml", from_file=True)


def test_a_record_is_about_the_signature_or_about_the_stand_in(tmp_path: Path):
    bitfile.write(tmp_path / "a.lvbitx")
    source = str(tmp_path / "rig.toml")
    assert device_of(config(bitfile="a.lvbitx"), source) == bitfile.SIGNATURE
    assert device_of(config(), source) == "virtual"


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_signature_is_never_made_up(tmp_path: Path, content: bytes):
    """Either the file has one, or the key of the rig file is told."""
    (tmp_path / "a.lvbitx").write_bytes(content)
    source = str(tmp_path / "rig.toml")
    try:
        assert device_of(config(bitfile="a.lvbitx"), source) == bitfile.SIGNATURE
    except PlanError as error:
        (problem,) = error.problems
        assert problem.where == "bitfile"
        assert "a.lvbitx cannot be read" in problem.what


def test_files_lie_beside_the_rig_file_unless_their_path_is_absolute(tmp_path: Path):
    source = str(tmp_path / "rigs" / "rig.toml")
    assert beside("a.json", source) == tmp_path / "rigs" / "a.json"
    assert beside(str(tmp_path / "a.json"), source) == tmp_path / "a.json"
    assert bitfile_of(config(bitfile="b.lvbitx"), None, source).endswith("rigs/b.lvbitx")


def test_the_bench_procedure_asks_for_its_record_with_a_line_that_is_accepted(tmp_path: Path):
    source = str(tmp_path / "rig.toml")
    with pytest.raises(PlanError) as caught:
        procedure(rig_table(), source)
    (problem,) = caught.value.problems
    name = problem.remedy.split('"')[1]
    tests, path, device = procedure(rig_table(bench=name), source)
    assert (len(tests), path, device) == (16, tmp_path / name, "virtual")


def test_a_library_that_nobody_has_is_refused_with_a_name_that_is_accepted():
    asked = {"source": "rig.toml", "seed": 0, "faults": (), "pace": 0.0, "first_site": 0}
    mounted = Mounted("dummy-resistor", 6e-6)
    with pytest.raises(PlanError) as caught:
        find_driver(config(library="virtal"), mounted, **asked)
    (problem,) = caught.value.problems
    assert '"virtal" is not known' in problem.what
    assert "virtual" in problem.remedy
    assert callable(find_driver(config(library="virtual"), mounted, **asked))


@pytest.mark.parametrize("wanted", [{"faults": ("unplugged",)}, {"pace": 1.0}])
def test_a_real_target_is_not_asked_to_fail(wanted: dict[str, Any]):
    asked = {"source": "rig.toml", "seed": 0, "faults": (), "pace": 0.0, "first_site": 0, **wanted}
    real = config(library="ni", bitfile="a.lvbitx")
    with pytest.raises(PlanError, match="real one"):
        find_driver(real, Mounted("dummy-resistor", 6e-6), **asked)
