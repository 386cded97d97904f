"""One page for a scan: what ran, what came of it, and every figure worth seeing."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seccm.data import Scan, notes
from seccm.data.header import software
from seccm.data.surroundings import surroundings
from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.plan.site import Hold
from seccm.program.outline import outline
from seccm.program.program import Program
from seccm.report import across_sites, tables
from seccm.report.choice import drawings
from seccm.report.drawing import Drawing, own_words
from seccm.report.landings import allowed_overtravel, too_far
from seccm.report.plausible import growth_words
from seccm.report.study import Study
from seccm.report.style import save
from seccm.report.templates import template
from seccm.report.whole import whole
from seccm.rig.barrels import of_unknown
from seccm.typography import counted, readable
from seccm.units import lasting, show
from seccm.words import SIMULATION

RESOLUTION = 200
"""Dots per inch of the PNG files."""
KINDS = ("png", "pdf")
"""Files of each figure: the page shows the first, the other is for publication."""
_SCREEN = 110
"""Dots per inch at which a figure is shown on the page."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A figure on the page."""

    slug: str
    title: str
    caption: str
    files: tuple[str, ...]
    """Beside the page, in the order of `KINDS`."""
    width: int
    """CSS pixels on the page."""


def write_report(scan: Scan, directory: Path | str) -> Path:
    """Draw the figures of a scan and write a page about it; return the page's path.

    Args:
        scan: opened for reading; may be growing, stopped or killed.
        directory: made if it is not there; `index.html`, and the figures in `figures`.

    Raises:
        DataFileError: the directory cannot be made or written.
    """
    directory = Path(directory)
    page = directory / "index.html"
    try:
        (directory / "figures").mkdir(parents=True, exist_ok=True)
        study = Study(scan)
        placed = [_place(drawing, directory) for drawing in drawings(study)]
        text = template("page.html.j2").render(**_contents(study), figures=placed)
        with whole(page) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataFileError(
            f"{directory}: the report cannot be written: {error.strerror or error}. Name a folder "
            "that can be written, such as: seccm report FILE -o FOLDER."
        ) from error
    return page


def _place(drawing: Drawing, directory: Path) -> Placed:
    """Write the files of one figure."""
    names = [f"figures/{drawing.slug}.{kind}" for kind in KINDS]
    for name in names:
        save(drawing.figure, directory / name, RESOLUTION)
        # The layout has been found; to find it again would take as long as the drawing.
        drawing.figure.set_layout_engine("none")
    width = round(drawing.figure.get_figwidth() * _SCREEN)
    return Placed(drawing.slug, drawing.title, drawing.caption, tuple(names), width)


def _contents(study: Study) -> dict[str, Any]:
    far = {n: f"overtravel {show(_overtravel(study, n), 'm', 3)}, more than allowed"
           for n in too_far(study)}  # fmt: skip
    events, left = tables.noted(study)
    plan = study.plan
    return {
        "title": study.header.title,
        "virtual": study.virtual,
        "simulation": SIMULATION,
        "state": _state(study),
        "description": readable(plan.description.strip()) if plan else "",
        "notices": list(_notices(study)),
        "facts": list(_facts(study)),
        "statistics": list(tables.statistics(study)),
        "laws": list(across_sites.table(study)),
        "remarks": tables.remarks(study, far),
        "events": events,
        "events_left": left,
        "plan": list(_plan(study)),
        "steps": list(_steps(study)),
        "under": _under(study),
        "plan_json": _pretty(study.header.plan_json),
        "rig_json": _pretty(study.header.rig_json),
        "software": software(),
        "file": str(study.scan.path.name),
    }


def _overtravel(study: Study, number: int) -> float:
    return float(study.scan.sites["overtravel"][number])


def _state(study: Study) -> str:
    counts = Counter(study.outcome.tolist())
    first = (Outcome.OK, *(o for o in Outcome if o != Outcome.OK))
    said = {Outcome.PLANNED: "not visited", Outcome.RUNNING: "incomplete"}
    parts = ", ".join(f"{counts[o]} {said.get(o, o.words)}" for o in first if counts[o])
    state = study.scan.state
    words = {
        "running": "The run is still going on",
        "interrupted": "Interrupted: the program that ran it ended unexpectedly",
        "complete": "Complete",
        "stopped": "Stopped before its end",
        "halted": "Halted before its end",
        "fault": "Ended by a fault",
    }.get(state, state)
    return f"{words}. {counted(len(study.outcome), 'site')} planned: {parts or 'none'}."


def _notices(study: Study) -> Iterator[str]:
    """Say what a reader would look for and not find."""
    if study.plan is None:
        yield (
            "The plan in the file cannot be read; parts of this report are missing: "
            f"{study.plan_error}"
        )
    for said in study.damaged.values():
        yield f"Damaged in the file: {said}. No curve of it is drawn."
    yield from (f"{said}." for said in (study.scan.newer, study.scan.changed) if said)
    visited = int((study.outcome > Outcome.RUNNING).sum())
    if visited == 0:
        yield "No site was finished: there is nothing to draw yet."
    elif not study.landed.any():
        yield "There was no contact at any site: there is nothing to analyse."
    elif study.measured.size == 0:
        yield "No site was completed; single records are drawn, without statistics."
    elif study.measured.size == 1:
        yield "Only one site was completed: no scatter can be given."
    yield from (w for name in study.features if (w := growth_words(study, name)))
    dropped = study.features and not any(f.known.any() for f in study.features.values())
    if dropped and study.landed.any():
        yield "No feature could be determined at any site."


def _facts(study: Study) -> Iterator[tuple[str, str]]:
    header, plan = study.header, study.plan
    yield "data file", str(study.scan.path)
    yield "started", header.started
    if header.origin:
        yield "imported from", readable(header.origin)
    ends = study.scan.sites["t_end"]
    if np.isfinite(ends).any():
        yield "duration", lasting(float(np.nanmax(ends)))
    if plan:
        yield "sample", plan.sample
        if plan.moves and not header.origin:
            yield "pipette", readable(f"{show(plan.probe.aperture, 'm')} aperture (inner diameter)")
    area = study.area
    if area:
        error = f" ± {show(area.error, 'm^2', 2)}" if math.isfinite(area.error) else ""
        unknown = "" if error else ", uncertainty not stated"
        yield (
            "current densities",
            readable(f"on {show(area.value, 'm^2')}{error}, basis: {area.basis}{unknown}"),
        )
    if study.own_areas:
        yield "own areas", f"on that of each site, {own_words(study)}"
    electrode = f" {plan.reference.electrode}" if plan else " the quasi-reference electrode"
    offset = f"E vs {header.reference} = E vs{electrode} + {show(header.reference_offset, 'V', 5)}"
    provenance = f" {plan.reference.provenance}" if plan else ""
    doubt = study.common or "Uncertainty of the offset not stated"
    yield "potentials", f"{readable(offset)}. {doubt}.{provenance}"
    if bias := _bias(study):
        yield "", readable(bias)
    if plan and plan.reference.offset != header.reference_offset:
        yield (
            "",
            readable(
                f"Calibrated after the run: the plan stated {show(plan.reference.offset, 'V', 5)}."
            ),
        )
    for name, text in notes.told(header.extra):
        yield name, readable(text)
    for one in surroundings(study.scan):
        yield one.signal.words, readable(one.words)
    yield "rig", _rig(study)
    if header.seed is not None:
        yield "seed", str(header.seed)
    clock = study.scan.clock
    yield (
        "data points",
        "at the times of the imported file"
        if header.origin
        else f"every {show(clock.period, 's')}, means over {show(clock.window, 's')} "
        f"({clock.averaged} samples at {show(clock.rate, 'Hz')})",
    )
    if ties := study.scan.techniques.words:
        yield "instrument", readable(ties)
    landed = study.scan.sites["overtravel"][study.landed]
    if np.isfinite(landed).any():
        allowed = sorted(set(allowed_overtravel(study).values()))
        limit = f", allowed {' / '.join(show(a, 'm', 3) for a in allowed)}" if allowed else ""
        yield "overtravel", f"at most {show(float(np.nanmax(landed)), 'm', 3)}{limit}"
    yield "recorded by", header.software
    yield "run ID", header.uuid


def _said_of_rig(study: Study) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the file says of the rig, and what the rig said of itself."""
    try:
        rig = json.loads(study.header.rig_json)
    except ValueError:
        return {}, {}
    if not isinstance(rig, dict):
        return {}, {}
    info = rig.get("info")
    return rig, info if isinstance(info, dict) else {}


def _bias(study: Study) -> str:
    """Say what was done about the bias between two barrels; empty where there is one barrel."""
    _, info = _said_of_rig(study)
    bias = _volts(info.get("bias"))
    if not bias:
        return ""
    taken, unknown = _volts(info.get("at_mouth")), _volts(info.get("barrels_unknown"))
    # Older files do not say: then it was half.
    taken = taken or bias / 2.0
    what = (
        f"Of the bias between two barrels, {show(bias, 'V')}, {show(taken, 'V', 3)} are taken into "
        "account."
    )
    return f"{what} {of_unknown(unknown)}" if unknown else what


def _volts(said: object) -> float:
    return float(said) if isinstance(said, int | float) and math.isfinite(said) else 0.0


def _rig(study: Study) -> str:
    """Name the rig, as far as the file says."""
    rig, info = _said_of_rig(study)
    if not rig:
        return "not stated"
    name = info.get("name")
    parts = [str(p) for p in (name, rig.get("source")) if p]
    faults = rig.get("faults")
    if faults:
        parts.append(f"simulated faults: {', '.join(map(str, faults))}")
    return ", ".join(parts) or "not stated"


def _plan(study: Study) -> Iterator[tuple[str, str]]:
    """Yield what a reader wants to know of the plan, in words."""
    plan, site = study.plan, study.site(0)
    if plan is None or site is None:
        return
    places = plan.places
    if places.kind == "grid":
        pitch = " × ".join(show(p, "m") for p in dict.fromkeys(places.pitch))
        turned = f", turned by {show(places.rotation, 'rad', 3)}" if places.rotation else ""
        left_out = f", {len(places.leave_out)} left out" if places.leave_out else ""
        yield (
            "sites",
            readable(
                f"{places.columns} × {places.rows} grid, pitch {pitch}{turned}, {places.order}"
                f"{left_out}"
            ),
        )
    else:
        called = "point" if plan.moves else "electrode"
        yield "sites", counted(len(study.outcome), called)
    if len(study.groups.conditions) > 1:
        labels = "; ".join(condition.label for condition in study.groups.conditions)
        yield f"{len(study.groups.conditions)} conditions", readable(labels)
        yield "assigned", plan.design.assign
    if not plan.moves:
        yield "way", "electrodes are connected one after the other; nothing moves"
        return
    if study.header.origin:
        yield "way", "not known: another program measured"
        return
    approach = site.approach
    yield (
        "approach",
        readable(f"{show(approach.speed, 'm/s')}, holding {_hold(study, approach.hold)}"),
    )
    yield "contact", readable(plan.approach.contact.words())
    yield (
        "retract",
        readable(f"{show(site.retract.distance, 'm')} at {show(site.retract.speed, 'm/s')}"),
    )


def _under(study: Study) -> str:
    """Say of which condition the steps are told, where there is more than one."""
    site = study.site(0)
    if study.plan is None or site is None or len(study.groups.conditions) < 2:
        return ""
    label = readable(study.groups.conditions[site.condition].label)
    return f", here with {label}; the other conditions differ in that"


def _hold(study: Study, hold: Hold) -> str:
    if study.plan is not None and study.plan.approach.hold == "first step":
        return "what the first step applies"
    if hold.mode == "potential":
        potential = hold.value + study.header.reference_offset
        return f"{show(potential, 'V')} vs {study.reference}"
    return show(hold.value, "A") if hold.mode == "current" else f"{hold.mode} circuit"


def _steps(study: Study) -> Iterator[tuple[int, str]]:
    """Yield the lines of the first site's programme, and how deep each stands."""
    first = study.site(0)
    if first is not None and isinstance(first.program, Program):
        for depth, line in outline(first.program):
            yield depth, readable(line)


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
