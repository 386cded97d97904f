"""A kind of step whose analysis raises loses its own results, and nothing else of the site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

import seccm
from seccm.analysis import step_features
from seccm.analysis.step_features import arrays_of, measured, phrase_of
from seccm.program import yielded
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.kind import Kind
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.trace import Area, StepTrace
from seccm.results import Result, Status, Value, Values
from seccm.rig import Constant

OLD = Path(__file__).parent / "old_files"
OWN = (
    Result("first", "A", "a number", "$a$"),
    Result("each", "A", "an array", "$b$", dims=("part",)),
)


def raises(*_: object) -> NoReturn:
    raise ZeroDivisionError("somebody else's mistake")


def half_found(*_: object) -> dict[str, Any]:
    """No `Measured`: it fails only when it is used."""
    return {"first": 1.0}


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kind[Any]], None]:
    def add(kind: Kind[Any]) -> None:
        for module in (step_features, yielded):
            monkeypatch.setattr(module, "kinds", lambda: {**kinds(), kind.name: kind})

    return add


def trace() -> StepTrace:
    n = 40
    segment = Segment(2, "own", "", "potential", Constant(0.1, 0.1))
    rows = np.arange(1.0, n + 1)
    area = Area(1e-12, 0.0, "nominal")
    return StepTrace(segment, 2.56e-3 * rows, np.full(n, 0.1), 1e-12 * rows,
                     np.zeros(n, np.uint8), 2.56e-3, "time", area)  # fmt: skip


@pytest.mark.parametrize("measure", [raises, half_found])
def test_only_its_own_numbers_are_lost_and_say_why(measure, use):
    use(Kind("own", seccm.StepSpec, raises, results=OWN, measure=measure))
    with pytest.warns(RuntimeWarning, match='kind of step "own" failed'):
        found = measured(trace(), ())
    assert found["first"].status is Status.ANALYSIS_FAILED
    assert not found["first"].status.has_value
    assert "each" not in found, "an array is not a number"
    assert found["Q"].value == pytest.approx(2.56e-3 * 1e-12 * 820 / 1e-12)
    assert set(found) == {"first", *(result.name for result in OF_ANY_STEP)}
    assert phrase_of(trace().segment, found).words == "the analysis of step 3, own, failed"


def test_arrays_that_fail_leave_the_numbers(use):
    use(Kind("own", seccm.StepSpec, raises, results=OWN, arrays=raises))
    with pytest.warns(RuntimeWarning, match="somebody else's mistake"):
        assert arrays_of(trace(), ()) == {}
    assert measured(trace(), ())["Q"].status is Status.OK


def test_a_phrase_that_fails_is_left_out(use):
    use(Kind("own", seccm.StepSpec, raises, results=OWN, words=raises))
    with pytest.warns(RuntimeWarning, match="own"):
        assert phrase_of(trace().segment, {"first": Value.of(1.0, 0.1)}).words == ""


def test_an_analysis_that_works_is_used_as_it_is(use):
    def arrays(step: StepTrace, before: Sequence[StepTrace]) -> dict[str, Values]:
        return {"each": Values(step.I, np.zeros(step.I.size))}

    use(
        Kind(
            "own", seccm.StepSpec, raises, results=OWN, arrays=arrays, words=lambda found: "so much"
        )
    )
    assert arrays_of(trace(), ())["each"].values.size == 40
    assert phrase_of(trace().segment, measured(trace(), ())).words == "so much"


def test_a_file_is_analysed_to_its_end(use, tmp_path):
    """Every site, and in each the results of every other kind."""
    path = tmp_path / "scan.h5"
    shutil.copy(OLD / "redox-cv-map.h5", path)
    count = seccm.analyze(path)
    with seccm.open(path) as scan:
        before = {name: scan.sites[name].copy() for name in ("Q", "E_half", "E_half_status")}
    use(replace(kinds()["cv"], measure=raises))
    with pytest.warns(RuntimeWarning, match='"cv" failed'):
        assert seccm.analyze(path) == count
    with seccm.open(path) as scan:
        np.testing.assert_array_equal(scan.sites["Q"], before["Q"])
        measured_before = np.isfinite(before["E_half"])
        assert measured_before.any()
        assert np.isnan(scan.sites["E_half"]).all()
        codes = scan.sites["E_half_status"][measured_before]
        assert set(codes) == {int(Status.ANALYSIS_FAILED)}
