"""The pages about pictures: particles of a micrograph, an overlay, targets, the film of a site."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seccm.arrays import FloatArray
from seccm.imaging.irm.places import PlaceStatus
from seccm.imaging.irm.seen import Seen
from seccm.imaging.overlay.made import Layer, Overlay
from seccm.imaging.sem.census import Census
from seccm.imaging.sem.files import Counted
from seccm.imaging.stage.agreeing import Agreed
from seccm.imaging.stage.choice import Reason
from seccm.imaging.stage.target_file import Found
from seccm.report import film, micrograph, overlay, targets
from seccm.report.sheet import Sheet, SheetTable, write_sheet
from seccm.typography import counted, readable
from seccm.units import show

_CM2 = 1e-4
"""From m^-2 to cm^-2."""
_NMOL_CM2 = 1e5
"""From mol/m^2 to nmol/cm^2."""
_NM, _UM = 1e9, 1e6
NONE = "–"
"""Stands in a table for what is not known."""


def report_particles(found: Counted) -> Path:
    """Write figure and page about the particles of a micrograph beside it; return the page.

    Raises:
        PlanError: they cannot be written.
    """
    census, taken, files = found.census, found.micrograph, found.files
    name = files.figure.name.removesuffix(".particles.png")
    particles = census.particles
    sheet = Sheet(
        f"Particles in {name}",
        "a, particles that count (orange), that do not (blue) and the footprint (green); b, sizes.",
        [
            ("pixel", f"{_show(taken.pixel, 'm', 4)}, by {taken.scale_from}"),
            ("area", f"{1e12 * particles.area:.4g} µm²"),
            ("particles", str(int(particles.counted.sum()))),
            ("coverage", f"{100 * particles.coverage:.1f} %"),
            ("shape", f"taken for {census.shape}s"),
        ],
        [_numbers(census), _zones(census), _sizes(census)],
        [*taken.notes, *census.doubts],
        taken.simulated,
    )
    figure = micrograph.drawn(taken.image, census, name, virtual=taken.simulated)
    beside = [("every particle", files.table), ("numbers and edits", files.summary)]
    return write_sheet(sheet, figure, files.figure, beside)


def _numbers(census: Census) -> SheetTable:
    found, right = census.found, census.corrected
    amount, amount_right = census.amount, census.amount_corrected
    rows = [
        ("number (10⁹ cm⁻²)", *(
            _with(1e-9 * _CM2 * each, 1e-9 * _CM2 * each * census.of_count)
            for each in (found.density, right.density)
        )),
        ("number without separation (10⁹ cm⁻²)", _of(1e-9 * _CM2 * census.unseparated, 3), NONE),
        ("diameter, mean (nm)", _of(_NM * found.mean, 3), _of(_NM * right.mean, 3)),
        ("diameter, sd (nm)", _of(_NM * found.sd, 3), NONE),
        ("lithium (nmol cm⁻²)", _with(_NMOL_CM2 * amount.per_area, _NMOL_CM2 * amount.error),
         _with(_NMOL_CM2 * amount_right.per_area, _NMOL_CM2 * amount_right.error)),
        ("mostly not found below (nm)", _of(_NM * right.limit, 3), NONE),
    ]  # fmt: skip
    words = (
        "Corrected: images are drawn and analysed in the same way until they give what was found. "
        "Without separation: by the shape of all particles together, a second opinion. "
        "± of the number: root of the count, of particles that are large enough to be found."
    )
    return SheetTable("Numbers", ("", "as found", "corrected"), rows, words)


def _zones(census: Census) -> SheetTable:
    rows = [
        (
            zone.name,
            f"{1e12 * zone.area:.3g}",
            _with(1e-9 * _CM2 * zone.density, 1e-9 * _CM2 * zone.density_error),
            _with(_NM * zone.mean, _NM * zone.sd),
        )
        for zone in census.zones
    ]
    columns = ("part", "area (µm²)", "number (10⁹ cm⁻²) ± root of the count",
               "diameter ± sd (nm)")  # fmt: skip
    return SheetTable("Centre and edge of the footprint", columns, rows)


def _sizes(census: Census) -> SheetTable:
    rows = [
        (f"{k}", _of(_NM * part.mean, 3), _of(_NM * part.sd, 3), f"{100 * part.share:.0f} %")
        for k, part in enumerate(census.sizes, 1)
    ]
    words = "One normal distribution or two, as the Bayesian information criterion prefers."
    return SheetTable(
        "Distributions of the diameter", ("", "mean (nm)", "sd (nm)", "share"), rows, words
    )


def report_overlay(made: Overlay) -> Path:
    """Write figure and page about pictures on one another beside the first; return the page.

    Raises:
        PlanError: they cannot be written.
    """
    first, *others = made.layers
    across = made.line
    area = sum(1 for value in made.region.ravel().tolist() if math.isfinite(value))
    sheet = Sheet(
        f"Pictures on {first.name}",
        "The pictures on one grid, the first two in colours, and profiles along the red line.",
        [
            ("grid", f"{made.grid.shape[1]} × {made.grid.shape[0]} pixels of "
                     f"{_show(made.grid.pixel, 'm', 3)}"),
            ("area that counts", f"{area * made.grid.pixel**2 * 1e12:.4g} µm²"),
            *([] if across is None else [
                ("line", f"{_um(across.x0, across.y0)} to {_um(across.x1, across.y1)} µm")
            ]),
        ],
        [_alike(made), _lie(others), *(_landmarks(each) for each in others)],
        [*made.notes, *filter(None, (made.alike(*pair) for pair in made.correlations))],
        made.simulated,
    )  # fmt: skip
    beside = [("layers", made.maps), ("numbers", made.summary)]
    if made.profiles:
        beside.append(("profiles", made.table))
    return write_sheet(sheet, overlay.drawn(made), made.figure, beside)


def _alike(made: Overlay) -> SheetTable:
    rows = [
        (
            f"{a} and {b}", _of(found.r, 3), f"{_of(found.low, 3)} to {_of(found.high, 3)}",
            _of(found.ranks, 3), _of(found.by_transform, 2),
            f"{found.independent:.0f}" if math.isfinite(found.independent) else NONE,
            str(found.pixels),
        )
        for (a, b), found in made.correlations.items()
    ]  # fmt: skip
    columns = ("pictures", "r", "95 %", "r of ranks", "± by how they lie", "independent places",
               "pixels")  # fmt: skip
    words = (
        "The interval counts independent places, not pixels: neighbours are alike. "
        "± by how they lie: pictures are laid again within the uncertainty of the landmarks."
    )
    return SheetTable("Correlations", columns, rows, words)


def _lie(layers: list[Layer]) -> SheetTable:
    rows = [
        (each.name, _show(each.pixel, "m", 3), *_transform(each.agreed), _show(each.error, "m", 2))
        for each in layers
        if each.agreed is not None
    ]
    columns = ("picture", "pixel", "landmarks", "turned (deg)", "scaled", "mirrored",
               "places known to")  # fmt: skip
    return SheetTable("How they lie on the first picture", columns, rows)


def _transform(agreed: Agreed) -> tuple[str, ...]:
    fit, used = agreed.fit, agreed.used
    return (
        f"{int(used.sum())} of {len(used)}", f"{math.degrees(fit.turned):.3f}",
        f"{fit.scale:.4f}", "yes" if fit.mirrored else "no",
    )  # fmt: skip


def _landmarks(each: Layer) -> SheetTable:
    assert each.agreed is not None
    rows = [
        (label, _show(float(missed), "m", 2), "yes" if used else "no, left out")
        for label, missed, used in zip(
            each.labels, each.agreed.missed, each.agreed.used, strict=True
        )
    ]
    columns = ("landmark", "misses its place by", "used")
    return SheetTable(f"Landmarks of {each.name}", columns, rows)


def report_targets(image: FloatArray, found: Found) -> Path:
    """Write figure and page about the targets of a picture beside it; return the page.

    Args:
        image: shape (rows, columns).
        found: in it.

    Raises:
        PlanError: they cannot be written.
    """
    fit, wanted = found.agreed.fit, found.wanted
    count, turned, scaled, mirrored = _transform(found.agreed)
    sheet = Sheet(
        f"Targets in {found.picture.name}",
        "a, the picture; b, the same on the stage.",
        [
            ("pixel", _show(found.pixel, "m", 4)),
            ("particles", f"{len(found.places)} from {found.particles_from}"),
            ("landmarks", f"{count} from {found.landmarks.source}"),
            ("transform", f"turned by {turned} deg, scaled by {scaled}, mirrored: {mirrored}"),
            ("uncertainty of a landmark", f"{_show(fit.s, 'm', 2)} along an axis"),
            ("footprint", f"{_show(wanted.footprint, 'm')}, margin {_show(wanted.margin, 'm')}"),
            ("targets", str(len(found.chosen))),
        ],
        [_refused(found), _chosen(found), _stage(found)],
        [
            *found.notes,
            *found.drift.told,
            *([] if found.chosen else ["No particle is a target."]),
        ],
        found.simulated,
    )
    beside = [("what a plan reads", found.file), ("every particle with its reason", found.table)]
    return write_sheet(sheet, targets.drawn(image, found), found.figure, beside)


def _refused(found: Found) -> SheetTable:
    counts = Counter(found.reasons)
    rows = [(why.value, str(counts[why])) for why in Reason if counts[why]]
    return SheetTable("What became of the particles", ("", "particles"), rows)


def _chosen(found: Found) -> SheetTable:
    all_ = found.candidates
    rows = [
        (
            found.labels[k], *(f"{_UM * value:.3f}" for value in all_.places[k].tolist()),
            f"{_UM * float(all_.error[k]):.3f}", _of(_NM * float(all_.diameter[k]), 3),
        )
        for k in found.chosen
    ]  # fmt: skip
    columns = ("target", "x (µm)", "y (µm)", "u (µm)", "diameter (nm)")
    words = "On the stage. u: standard uncertainty along an axis."
    return SheetTable("Targets", columns, rows, words)


def _stage(found: Found) -> SheetTable:
    marks, agreed = found.landmarks, found.agreed
    rows = [
        (
            marks.labels[k], *(f"{_UM * v:.3f}" for v in marks.picture[k].tolist()),
            *(f"{_UM * v:.3f}" for v in marks.stage[k].tolist()),
            _show(float(agreed.missed[k]), "m", 2), "yes" if agreed.used[k] else "no, left out",
        )
        for k in range(len(marks.stage))
    ]  # fmt: skip
    columns = ("landmark", "picture x (µm)", "picture y (µm)", "stage x (µm)", "stage y (µm)",
               "misses its place by", "used")  # fmt: skip
    return SheetTable("Landmarks", columns, rows)


def report_film(seen: Seen) -> Path:
    """Write figure and page about the film of a site beside it; return the page.

    Raises:
        PlanError: they cannot be written.
    """
    viewed = seen.viewed
    name = seen.figure.name.removesuffix(".irm.png")
    sheet = Sheet(
        f"Film {name}",
        "Change of brightness, optical onset and the mean of the footprint; below, where it was "
        "plated and stripped, the optical ratio of stripping to plating.",
        list(_shown(seen)),
        [_cycles(seen), _statuses(seen)],
        viewed.doubts,
        seen.virtual,
    )
    return write_sheet(sheet, film.drawn(seen), seen.figure, [("maps", seen.maps)])


def _shown(seen: Seen) -> Iterator[tuple[str, str]]:
    viewed, growth = seen.viewed, seen.viewed.growth
    yield "film", f"{seen.film.path.name}, {counted(len(viewed.t), 'frame')} after landing"
    yield "pixel", _show(seen.pixel, "m", 4)
    if math.isfinite(seen.contact):
        yield "contact", f"{1e3 * seen.contact:+.0f} ms after that of the record"
    yield "footprint", f"diameter {_show(viewed.footprint.diameter * seen.pixel, 'm', 4)}"
    if growth.sign:
        change = "brighter" if growth.sign > 0 else "darker"
        yield (
            "growth makes it",
            (f"{change}, {_with(100 * growth.rate, 100 * growth.rate_error)} % per second"),
        )
    onset = _with(growth.t_onset, growth.t_onset_error)
    yield "optical onset", f"{onset} s after landing" if onset != NONE else "none"
    steepest = _of(growth.t_steepest, 4)
    yield "fastest change", f"{steepest} s after landing" if steepest != NONE else "no maximum"
    yield "drift", f"{_NM * seen.pixel * float(abs(viewed.drift).max()):.0f} nm at most"


def _cycles(seen: Seen) -> SheetTable:
    cycling = seen.viewed.cycling
    rows = [
        (
            str(one.number), _with(one.ratio, one.ratio_error), _of(one.cycle.efficiency, 3),
            _of(one.place_error, 2), "turns over" if one.folded else "",
        )
        for one in (cycling.maps if cycling is not None else ())
    ]  # fmt: skip
    columns = ("cycle", "optical ratio", "CE by charge", "uncertainty of a place", "")
    fit = None if cycling is None else cycling.calibration
    words = ""
    if fit is not None and math.isfinite(fit.b):
        words = f"CE by charge = {fit.a:.3f} + {fit.b:.3f} × optical ratio; R² {fit.r2:.4f}."
    return SheetTable("Cycles", columns, rows, words)


def _statuses(seen: Seen) -> SheetTable:
    growth, inside = seen.viewed.growth, seen.viewed.inside
    counts = Counter(growth.status[inside].tolist())
    rows = [(PlaceStatus(code).words, str(count)) for code, count in sorted(counts.items())]
    return SheetTable("Places of the footprint in the map of onsets", ("", "places"), rows)


def _um(x: float, y: float) -> str:
    return f"{_UM * x:.2f}, {_UM * y:.2f}"


def _of(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if math.isfinite(value) else NONE


def _with(value: float, error: float) -> str:
    if not math.isfinite(value):
        return NONE
    return f"{value:.3g} ± {error:.2g}" if math.isfinite(error) else f"{value:.3g}"


def _show(value: float, unit: str, digits: int = 4) -> str:
    return readable(show(value, unit, digits))
