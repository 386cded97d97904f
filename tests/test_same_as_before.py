"""The shipped plans give what they gave before: the same samples to the bit, the same results."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import same_as_before as before

import seccm

THEN: dict[str, Any] = json.loads(before.STORED.read_text("utf-8"))


@pytest.mark.parametrize("run", before.RUNS)
def test_a_shipped_plan_gives_the_same_samples_and_results_as_before(
    run: str, tmp_path: Path
) -> None:
    # Where the processor or its library rounds otherwise, no bit can be the same.
    exact = before.arithmetic() == THEN["arithmetic"]
    found = list(before.differences(THEN["runs"][run], before.given(run, tmp_path), exact))
    assert not found, (
        "If that was meant, say so with: python tests/same_as_before.py results (or samples)."
    )


def test_a_difference_of_one_bit_or_one_result_is_seen() -> None:
    """The comparison itself: samples, a value, a status, a result more or fewer."""
    then = THEN["runs"]["redox-cv-map, seed 1"]
    assert not list(before.differences(then, then))
    now = copy.deepcopy(then)
    now["samples"] = now["samples"].replace("0", "1")
    assert list(before.differences(then, now)) == ["samples"]
    now = copy.deepcopy(then)
    now["results"]["E_half_status"][1] += 1
    assert [words.partition(":")[0] for words in before.differences(then, now)] == [
        "E_half_status of site 1"
    ]
    now = copy.deepcopy(then)
    now["results"]["E_half"][0] *= 1 + 1e-8
    del now["results"]["quality"]
    assert len(list(before.differences(then, now))) == 2


def test_what_was_stored_covers_conditions_stains_and_results() -> None:
    """A checksum of nothing would hold whatever happens."""
    assert set(THEN["runs"]) == set(before.RUNS)
    for run, stored in THEN["runs"].items():
        values = [v for name, column in stored["results"].items() for v in column]
        assert sum(v is not None for v in values) > len(values) / 2, run
    assert len(before.few_sites("li-on-au-combinatorial").sites()) == 8
    assert {s.condition for s in before.few_sites("li-on-au-constant-charge").sites()} == {0, 1, 2}
    status = THEN["runs"]["redox-cv-map, seed 1"]["results"]["E_half_status"]
    assert len(set(status)) > 1, "one place on the stain, others beside it"


def test_few_sites_are_measured_as_the_shipped_plan_says() -> None:
    for name in before.FEW:
        few, whole = before.few_sites(name).to_dict(), seccm.load_plan(name).to_dict()
        changed = {table for table in whole if few[table] != whole[table]}
        assert changed <= {"sites", "design"}
