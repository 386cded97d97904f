"""A programme of many steps: what a report leaves out, it says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

from seccm.report import choice, step_drawings


@pytest.mark.parametrize("count", [1, choice.MOST_STEPS, choice.MOST_STEPS + 1, 40])
def test_steps_whose_figure_is_left_out_are_counted(count, monkeypatch):
    def draw(_: object, segment: Any) -> Any:
        yield choice.Drawing(f"step-{segment.index}", "", "Thin: every repeat. ", Figure())

    monkeypatch.setattr(choice, "DRAWN", {"I-t": draw})
    monkeypatch.setattr(step_drawings, "DRAWN", {"I-t": draw})
    monkeypatch.setattr(choice, "curve_of", lambda segment: "I-t")
    monkeypatch.setattr(choice, "of_scan", lambda study: ())
    study: Any = SimpleNamespace(
        segments=[SimpleNamespace(index=k, kind="cv") for k in range(count)], kind=lambda step: None
    )
    drawn = list(choice.drawings(study))
    assert [d.slug for d in drawn] == [f"step-{k}" for k in range(min(count, choice.MOST_STEPS))]
    left_out = f" Of {count} such steps, the first {choice.MOST_STEPS} are drawn."
    said = left_out if count > choice.MOST_STEPS else ""
    assert {d.caption for d in drawn} == {"Thin: every repeat." + said}
