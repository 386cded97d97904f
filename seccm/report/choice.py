"""Which figures a scan deserves, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seccm.report.drawing import Drawing
from seccm.report.scan_drawings import of_scan
from seccm.report.step_drawings import DRAWN, curve_of, of_segment
from seccm.report.study import Study

MOST_STEPS = 3
"""Steps that get figures of one sort."""


def drawings(study: Study) -> Iterator[Drawing]:
    """Yield every figure that has something to show, in the order of the page."""
    drawn = [(segment, curve_of(segment)) for segment in study.segments]
    for curve in DRAWN:
        kinds = dict.fromkeys(s.kind for s, wanted in drawn if wanted == curve)
        for kind in kinds:
            steps = [s for s, wanted in drawn if wanted == curve and s.kind == kind]
            more = len(steps) > MOST_STEPS
            said = f" Of {len(steps)} such steps, the first {MOST_STEPS} are drawn." if more else ""
            for segment in steps[:MOST_STEPS]:
                for drawing in of_segment(study, segment, curve):
                    yield replace(drawing, caption=drawing.caption.rstrip() + said)
    yield from of_scan(study)
