"""Records of a bench procedure: dated, of one device, and exact in what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fpga_bench import rig_table
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.wec_fpga.bench import refuse_unproven
from hardware.wec_fpga.bench_tests import TESTS
from hardware.wec_fpga.config import WecFpgaConfig
from seccm.commissioning.bench import BenchRecord, Seen, read_record, seen_now
from seccm.errors import PlanError
from seccm.quantities import validate
from sim.fpga import bitfile

SAFETY = [test for test in TESTS if test.safety]
NOW = datetime(2026, 11, 30, 8, 15, 30, 999, tzinfo=timezone(timedelta(hours=1)))


def answered(*names: str, device: str = "x", safe: bool = True) -> BenchRecord:
    """A record in which some tests have an answer, safe or not."""
    record = BenchRecord(device)
    for test in TESTS:
        if test.name in names:
            answer = next(one for one in test.answers if one.safe == safe)
            record = record.with_answer(test, seen_now(test, answer, "", "", NOW))
    return record


ALL = answered(*(test.name for test in TESTS))


@settings(max_examples=30)
@given(done=st.sets(st.sampled_from([test.name for test in TESTS])))
def test_what_is_missing_is_what_matters_for_safety_and_has_no_answer(done: set[str]):
    """In the order of the procedure, each with the number under which it is found there."""
    expected = [
        f"{number} {test.name}: not recorded"
        for number, test in enumerate(TESTS, start=1)
        if test.safety and test.name not in done
    ]
    assert list(answered(*done).missing(TESTS)) == expected


@pytest.mark.parametrize("test", SAFETY, ids=lambda test: test.name)
def test_an_answer_that_is_not_safe_counts_as_missing_in_its_own_words(test):
    bad = next(one for one in test.answers if not one.safe)
    record = ALL.with_answer(test, seen_now(test, bad, "", "", NOW))
    assert record.missing(TESTS) == (f"{TESTS.index(test) + 1} {test.name}: {bad.words}",)


@pytest.mark.parametrize("test", SAFETY, ids=lambda test: test.name)
def test_the_newest_answer_counts_whatever_was_seen_before(test):
    worse = answered(test.name, safe=False)
    good = next(one for one in test.answers if one.safe)
    mended = worse.with_answer(test, seen_now(test, good, "", "", NOW))
    assert worse.missing([test]) != ()
    assert mended.missing([test]) == ()
    assert worse.missing([test]) != (), "a record is never changed behind someone's back"


def test_an_answer_has_the_date_with_its_time_zone_and_what_was_seen():
    test = TESTS[0]
    seen = seen_now(test, test.answers[0], "z = 53 um", "scope: Tek", NOW)
    assert seen.made == "2026-11-30T08:15:30+01:00"
    assert (seen.measured, seen.note) == ("z = 53 um", "scope: Tek")
    assert (seen.answer, seen.words, seen.safe) == ("yes", "no output moved", True)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_an_answer_is_found_by_its_key_and_no_other_word(test):
    for one in test.answers:
        assert test.answer(one.key) is one
    for strange in ("", "YES", "maybe", test.answers[0].words):
        assert test.answer(strange) is None


WORDS = st.text(max_size=30)


@settings(max_examples=8)
@given(note=WORDS, measured=WORDS, made=WORDS, device=WORDS, safe=st.booleans())
def test_whatever_a_person_writes_comes_back(tmp_path_factory, note, measured, made, device, safe):
    path = tmp_path_factory.getbasetemp() / "words.json"
    record = BenchRecord(device, {"attach": Seen("yes", "μ", safe, made, measured, note)})
    try:
        record.write(path)
        assert read_record(path, device) == record
    finally:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("device", ["", "X", "x ", "0" * 32])
def test_a_record_of_another_device_says_nothing_of_this_one(tmp_path: Path, device: str):
    ALL.write(tmp_path / "b.json")
    found = read_record(tmp_path / "b.json", device)
    assert found == BenchRecord(device)
    assert len(found.missing(TESTS)) == len(SAFETY) == 7


def test_where_there_is_no_file_everything_is_missing(tmp_path: Path):
    assert read_record(tmp_path / "none.json", "x") == BenchRecord("x")
    assert not (tmp_path / "none.json").exists()


@pytest.mark.parametrize("safe", [1, "true", "yes", None, [True]])
def test_only_true_is_safe(tmp_path: Path, safe: Any):
    """A file that somebody wrote with an editor is not taken at a guess."""
    path = tmp_path / "b.json"
    ALL.write(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["tests"]["abort"]["safe"] = safe
    path.write_text(json.dumps(data), encoding="utf-8")
    (missing,) = read_record(path, "x").missing(TESTS)
    assert "abort" in missing


def test_answers_to_tests_that_there_are_none_of_are_kept_and_prove_nothing(tmp_path: Path):
    path = tmp_path / "b.json"
    strange = BenchRecord("x", {"of-later": Seen("yes", "all is well", True, "2030")})
    strange.write(path)
    found = read_record(path, "x")
    assert found == strange
    assert len(found.missing(TESTS)) == len(SAFETY)


SPOILED = {
    "half of it": lambda text: text[: len(text) // 2],
    "a list of tests": lambda text: text.replace('"tests": {', '"tests": [{', 1) + "]",
    "no device": lambda text: text.replace('"device"', '"devise"'),
    "a later version": lambda text: text.replace('"version": 1', '"version": 2'),
    "a test without a date": lambda text: text.replace('"made"', '"when"', 1),
    "a test that is a word": lambda text: '{"version": 1, "device": "x", "tests": {"a": "yes"}}',
    "tests that are none": lambda text: '{"version": 1, "device": "x", "tests": null}',
    "a number": lambda text: "3",
    "no text at all": lambda text: "",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_record_is_refused_by_its_path_and_stays(tmp_path: Path, spoil):
    path = tmp_path / "b.json"
    ALL.write(path)
    text = spoil(path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="not a record of a bench procedure") as caught:
        read_record(path, "x")
    assert str(path) in str(caught.value)
    assert "seccm rig bench" in caught.value.problems[0].remedy
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80" * 20])
def test_bytes_that_are_no_text_are_refused_too(tmp_path: Path, content: bytes):
    (tmp_path / "b.json").write_bytes(content)
    with pytest.raises(PlanError, match="not a record"):
        read_record(tmp_path / "b.json", "x")


def test_a_folder_in_the_place_of_a_record_is_refused(tmp_path: Path):
    with pytest.raises(PlanError, match="not a record"):
        read_record(tmp_path, "x")


# What a real target is refused for.


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    bitfile.write(folder / "a.lvbitx")
    return folder


def real(**tables: Any) -> WecFpgaConfig:
    table = rig_table(library="ni", bitfile="a.lvbitx", **tables)
    return validate(WecFpgaConfig, table, "rig.toml", from_file=True)


@pytest.mark.parametrize("left", [test.name for test in SAFETY])
def test_a_real_target_is_refused_by_the_one_test_that_is_left(bench: Path, left: str):
    done = [test.name for test in SAFETY if test.name != left]
    answered(*done, device=bitfile.SIGNATURE).write(bench / f"{left}.json")
    with pytest.raises(PlanError) as caught:
        refuse_unproven(real(bench=f"{left}.json"), str(bench / "rig.toml"))
    said = str(caught.value)
    assert f"{left}: not recorded" in said
    assert not any(f"{name}: " in said for name in done)
    assert "seccm rig bench" in said


def test_it_is_refused_where_the_file_names_no_record_at_all(bench: Path):
    with pytest.raises(PlanError, match="7 tests of the bench procedure"):
        refuse_unproven(real(), str(bench / "rig.toml"))


def test_all_of_it_recorded_for_this_bitfile_is_enough_and_for_another_it_is_not(bench: Path):
    source = str(bench / "rig.toml")
    replace(ALL, device=bitfile.SIGNATURE).write(bench / "all.json")
    refuse_unproven(real(bench="all.json"), source)
    (bench / "b.lvbitx").write_text(bitfile.xml(signature="A" * 32), encoding="utf-8")
    other = real(bench="all.json").model_copy(update={"bitfile": "b.lvbitx"})
    with pytest.raises(PlanError, match="for this bitfile"):
        refuse_unproven(other, source)


def test_a_stand_in_is_asked_for_nothing():
    virtual = validate(WecFpgaConfig, rig_table(bench="none.json"), "rig.toml", from_file=True)
    refuse_unproven(virtual, "rig.toml")
