"""From a recording, and what its user says of it, to a scan: everything that is open is asked for.

All that is missing is told at once, each with the option that settles it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import DataFileError, shown
from seccm.readers.imported_plan import plan_of
from seccm.readers.recording import (
    UNITS,
    Column,
    Part,
    Quantity,
    Recording,
    Trace,
    Visit,
    even,
    squeezed,
)
from seccm.readers.said import Said, scale_of
from seccm.readers.seam import ReadScan, ReadSite, ReadStep
from seccm.readers.shapes import Shape, Unclear, shape_of
from seccm.typography import counted
from seccm.units import show

_NAMES: dict[Quantity, tuple[str, ...]] = {
    "time": ("t", "time", "elapsedtime", "elapsed", "times"),
    "potential": ("e", "ewe", "potential", "voltage", "we(1).potential", "vf", "u"),
    "current": ("i", "current", "<i>", "we(1).current", "im"),
    "x": ("x",), "y": ("y",), "z": ("z",),
}  # fmt: skip
"""Names, without blanks and in small letters, that say by themselves what a column is."""
_EXAMPLES: Mapping[Quantity, str] = {
    "time": "s", "potential": "V", "current": "nA", "x": "um", "y": "um", "z": "um",
}  # fmt: skip
_NEEDED: tuple[Quantity, ...] = ("potential", "current")


class _Open(Exception):
    """Something that a file leaves open, with what settles it."""


def understand(recording: Recording, said: Said, source: Path) -> ReadScan:
    """Return the scan that a recording is, in SI and anodic positive.

    Raises:
        DataFileError: the recording leaves something open that its user does not say either, or
            cannot be what is said of it. Names all of it, with the options that settle it.
    """
    notes = list(recording.notes)
    asked: list[str] = list(recording.leaves_open)
    signs = _sign(recording, said, asked, notes)
    _ask_size(recording, said, asked)
    chosen = _chosen(recording, said, asked)
    visits: list[Visit] = []
    shapes: list[list[Shape]] = []
    traces = _traces(chosen, said, signs, asked, notes)
    if len(traces) == len(recording.parts) and not recording.leaves_open:
        visits = _visits(recording, said, traces, asked)
        shapes = _shapes(visits, said, asked)
    elif recording.divide is None and not recording.leaves_open:
        _ask_places(_without_places(recording, said), asked)
    if asked:
        listed = "".join(f"\n  - {shown(words)}" for words in dict.fromkeys(asked))
        raise DataFileError(
            f"{source}: {recording.instrument} leaves open what has to be known. Nothing is "
            f"guessed, and nothing was made. Say, with these options or in a mapping file "
            f"(--mapping):{listed}"
        )
    plan, words = plan_of(recording, said, visits, shapes, source)
    notes += _uneven(visits)
    period, sites = _timed(visits)
    return ReadScan(
        plan,
        period,
        sites,
        recording.instrument,
        recording.started_at,
        tuple(dict.fromkeys((*notes, *words))),
    )


Chosen = Mapping[Quantity, Column]
"""Which column of a part has which quantity."""


def _traces(
    chosen: Sequence[tuple[Part, Chosen | None]],
    said: Said,
    sign: float,
    asked: list[str],
    notes: list[str],
) -> list[Trace]:
    """Return the parts whose columns and times are all known; the others are asked for."""
    traces = []
    for part, mine in chosen:
        if mine is None:
            continue  # asked for already
        try:
            traces.append(_trace(part, mine, said, sign, notes))
        except _Open as error:
            asked.append(str(error))
    return traces


def _shapes(visits: Sequence[Visit], said: Said, asked: list[str]) -> list[list[Shape]]:
    shapes: list[list[Shape]] = []
    for visit in visits:
        shapes.append([])
        for number in range(len(visit.steps)):
            try:
                shapes[-1].append(_shape(visit, number, said))
            except _Open as error:
                asked.append(str(error))
    most = max((len(visit.steps) for visit in visits), default=0)
    if 0 < most < len(said.steps):
        asked.append(
            f"what the steps are: {len(said.steps)} were said with --step, but no site has more "
            f"than {most}. Say one --step for each."
        )
    return shapes


def _sign(recording: Recording, said: Said, asked: list[str], notes: list[str]) -> float:
    sign = said.sign or recording.sign
    if sign is None:
        asked.append(
            f"which currents {recording.instrument} wrote as positive: --sign anodic (oxidation is "
            "positive, IUPAC) or --sign cathodic (reduction is positive)"
        )
        return 1.0
    why = "as was said" if said.sign else recording.why_sign or f"as {recording.instrument} does"
    turned = "" if sign == "anodic positive" else "; they were turned round to anodic positive"
    notes.append(f"currents in the file are {sign}, {why}{turned}")
    return 1.0 if sign == "anodic positive" else -1.0


def _ask_size(recording: Recording, said: Said, asked: list[str]) -> None:
    if said.footprint is None and not recording.area > 0:
        asked.append(
            'how large the wetted area is, for numbers per area: its diameter, --footprint "2 um"'
        )


def _chosen(recording: Recording, said: Said, asked: list[str]) -> list[tuple[Part, Chosen | None]]:
    """Return the columns of each part; None where one of them has to be asked for."""
    found: list[tuple[Part, Chosen | None]] = []
    for part in recording.parts:
        mine: dict[Quantity, Column] = {}
        unclear = False
        for quantity in UNITS:
            try:
                column = _column(part, quantity, said)
                if column is not None:
                    _scale(column, quantity, said)
                    _refuse_second(column, quantity, mine)
                    mine[quantity] = column
            except _Open as error:
                asked.append(str(error))
                unclear = True
        found.append((part, None if unclear else mine))
    _refuse_units_of_nothing(recording, said, asked)
    return found


def _refuse_second(column: Column, quantity: Quantity, mine: dict[Quantity, Column]) -> None:
    other = next((q for q, taken in mine.items() if taken is column), None)
    if other is not None:
        raise _Open(
            f'what the column "{column.title}" is: it cannot be the {other} and the {quantity}: '
            f'--column "{quantity}=NAME"'
        )


def _refuse_units_of_nothing(recording: Recording, said: Said, asked: list[str]) -> None:
    """Ask again for units that would be passed over without a word: numbers would be wrong."""
    columns = [column for part in recording.parts for column in part.columns]
    for name in said.units:
        if name in UNITS or any(_called(column, name) for column in columns):
            continue
        names = ", ".join(dict.fromkeys(f'"{column.title}"' for column in columns))
        asked.append(
            f'there is no column "{name}" for the unit "{said.units[name]}"; there are {names}: '
            f'--unit "current={said.units[name]}", for example'
        )


def _called(column: Column, name: str) -> bool:
    return squeezed(name) in (squeezed(column.name), squeezed(column.title))


def _column(part: Part, quantity: Quantity, said: Said) -> Column | None:
    """Return the column that has a quantity; None where there is none, and need not be."""
    if quantity in said.columns:
        column = part.named(said.columns[quantity])
        if column is None:
            names = ", ".join(f'"{c.title}"' for c in part.columns)
            raise _Open(
                f'there is no column "{said.columns[quantity]}" for the {quantity}; there are '
                f'{names}: --column "{quantity}=NAME"'
            )
        return column
    known = [c for c in part.columns if c.quantity == quantity]
    taken = [name for q, name in said.columns.items() if q != quantity]
    if not known:
        known = [
            c
            for c in part.columns
            if c.quantity is None
            and _bare(c.name) in _NAMES[quantity]
            and not any(_called(c, name) for name in taken)
        ]
    if len(known) > 1:
        # A channel that never changes is not connected, or nothing was done with it.
        alive = [c for c in known if c.values.size and float(np.ptp(c.values)) > 0]
        known = alive if len(alive) == 1 else known
    if len(known) > 1:
        names = ", ".join(f'"{c.title}"' for c in known)
        raise _Open(
            f"which column is the {quantity}: {names}: --column "
            f'"{quantity}={known[0].title}", for example'
        )
    if known:
        return known[0]
    if quantity in _NEEDED and not math.isfinite(part.held):
        others = [c for c in part.columns if c.quantity is None]
        names = ", ".join(f'"{c.title}"' for c in others or part.columns)
        wanted = quantity not in said.units and not any(c.unit for c in others)
        unit = f', and its unit: --unit "{quantity}={_EXAMPLES[quantity]}"' if wanted else ""
        raise _Open(f'which column is the {quantity}, of {names}: --column "{quantity}=NAME"{unit}')
    return None


def _bare(name: str) -> str:
    return "".join(name.split()).lower()


def _scale(column: Column, quantity: Quantity, said: Said) -> float:
    own = next((unit for name, unit in said.units.items() if _called(column, name)), "")
    unit = said.units.get(quantity) or own or column.unit
    if not unit:
        raise _Open(
            f'the unit of the column "{column.name}", the {quantity}: --unit '
            f'"{quantity}={_EXAMPLES[quantity]}", for example'
        )
    try:
        return scale_of(unit, quantity)
    except ValueError as error:
        raise _Open(
            f'the unit of the column "{column.title}": {error}: --unit "{quantity}=..."'
        ) from None


def _trace(part: Part, mine: Chosen, said: Said, sign: float, notes: list[str]) -> Trace:
    size = max(column.values.size for column in part.columns)
    read = {q: column.values * _scale(column, q, said) for q, column in mine.items()}
    named = ", ".join(f'{q} from "{column.title}"' for q, column in mine.items())
    notes.append(f"{named}")
    for quantity in _NEEDED:
        if quantity not in read:
            read[quantity] = np.full(size, part.held)
            notes.append(
                f"no column has the {quantity}: {show(part.held, UNITS[quantity])} all along"
            )
    if said.period or "time" not in read:
        read["time"] = _times(part, said, read["potential"], notes)
    t = read["time"]
    late = np.flatnonzero(np.diff(t) <= 0)
    if late.size:
        k = int(late[0])
        raise _Open(
            f"what the times{_in(part)} mean: data point {k + 2} is at {t[k + 1]:g} s, not later "
            f"than the one before at {t[k]:g} s. If another column has the times: --column "
            '"time=NAME"; if data points are evenly spaced: --period "10 ms", for example'
        )
    taken = {column.name for column in mine.values()}
    others = {
        "".join(c.name.split()).lower(): c.values for c in part.columns if c.name not in taken
    }
    nothing = np.full(size, math.nan)
    x, y, z = (read.get(axis, nothing) for axis in ("x", "y", "z"))
    return Trace(t, read["potential"], sign * read["current"], x, y, z, others)


def _times(part: Part, said: Said, potential: FloatArray, notes: list[str]) -> FloatArray:
    """Return the times of a part that has none, from what is known of it."""
    count = np.arange(1.0, potential.size + 1)
    period = said.period or part.period
    if period > 0:
        notes.append(f"data points are {show(period, 's')} apart")
        return count * period
    if part.scan_rate > 0:
        steps = np.abs(np.diff(potential))
        # At the turn of a sweep two data points have one potential; they are no less apart.
        steps = np.where(steps > 0, steps, np.median(steps[steps > 0]) if (steps > 0).any() else 0)
        if steps.size and steps.min() > 0:
            notes.append(f"times are from the potential and {show(part.scan_rate, 'V/s')}")
            found: FloatArray = np.concatenate([[0.0], np.cumsum(steps / part.scan_rate)])
            return found
    raise _Open(f'how far apart data points are in time{_in(part)}: --period "10 ms", for example')


def _in(part: Part) -> str:
    return f" ({part.where})" if part.where else ""


def _visits(
    recording: Recording, said: Said, traces: Sequence[Trace], asked: list[str]
) -> list[Visit]:
    if recording.divide is not None:
        visits = [visit for trace in traces for visit in recording.divide(trace)]
        if not visits:
            asked.append("where it landed: no contact was found; is it the right current column?")
    else:
        visits = list(_by_site(recording.parts, traces))
    return _placed(recording, said, visits, asked)


def _by_site(parts: Sequence[Part], traces: Sequence[Trace]) -> Iterator[Visit]:
    steps: dict[str, list[tuple[str, Trace]]] = {}
    for part, trace in zip(parts, traces, strict=True):
        steps.setdefault(part.site, []).append((part.kind, trace))
    for site, mine in steps.items():
        x, y, z = (
            float(np.median(np.concatenate([getattr(trace, axis) for _, trace in mine])))
            for axis in ("x", "y", "z")
        )
        yield Visit(site, x, y, z, tuple(mine))


def _placed(
    recording: Recording, said: Said, visits: Sequence[Visit], asked: list[str]
) -> list[Visit]:
    """Return the visits with their places, where a table of places says them."""
    placed = []
    for visit in visits:
        if (there := said.places.get(visit.site)) is not None:
            visit = replace(visit, x=there.x, y=there.y)
            visit = replace(visit, z=there.z) if math.isfinite(there.z) else visit
        elif visit.site in recording.places:
            x, y = recording.places[visit.site]
            visit = replace(visit, x=x, y=y)
        placed.append(visit)
    lost = [visit.site for visit in placed if not (math.isfinite(visit.x + visit.y))]
    if len(placed) > 1 or said.places:
        _ask_places(lost, asked)
    return placed


def _without_places(recording: Recording, said: Said) -> list[str]:
    """Return the sites of which nothing says where they are, before their columns are all known."""
    sites = dict.fromkeys(part.site for part in recording.parts)
    told = {
        part.site
        for part in recording.parts
        if all(_may_have(part, axis, said) for axis in ("x", "y"))
    }
    lost = [s for s in sites if not (s in told or s in said.places or s in recording.places)]
    return lost if len(sites) > 1 or said.places else []


def _may_have(part: Part, quantity: Quantity, said: Said) -> bool:
    try:
        return _column(part, quantity, said) is not None
    except _Open:
        return True  # asked for by itself


def _ask_places(lost: Sequence[str], asked: list[str]) -> None:
    if lost:
        named = ", ".join(f'"{site}"' for site in lost[:3])
        asked.append(
            f"where {counted(len(lost), 'site')} ({named}{', ...' if len(lost) > 3 else ''}) "
            "are: --places TABLE, a CSV file with the first line "
            f'"site, x (um), y (um)" and these names'
        )


def _shape(visit: Visit, number: int, said: Said) -> Shape:
    kind, trace = visit.steps[number]
    if said.steps:
        if number >= len(said.steps):
            raise _Open(
                f'the site "{visit.site}" has {counted(len(visit.steps), "step")}, but '
                f"{len(said.steps)} were said with --step."
            )
        kind = said.steps[number]
    try:
        return shape_of(trace, kind)
    except Unclear as error:
        raise _Open(
            f'step {number} of the site "{visit.site}" {error}. Say what each step is, in their '
            'order: --step "constant potential" --step cv, for example.'
        ) from None


def _uneven(visits: Sequence[Visit]) -> list[str]:
    """Say which steps have data points so uneven in time that their numbers are doubtful."""
    found = sorted(
        {k for v in visits for k, (_, trace) in enumerate(v.steps) if _has_gaps(trace.t)}
    )
    if not found:
        return []
    named = f"step{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"
    return [
        f"data points of {named} are not evenly spaced in time: numbers that come from the uneven "
        "ones are marked as doubtful"
    ]


def _has_gaps(t: FloatArray) -> bool:
    apart = np.diff(t)
    return apart.size > 0 and bool(
        (np.abs(apart - np.median(apart)) > 0.5 * np.median(apart)).any()
    )


def _timed(visits: Sequence[Visit]) -> tuple[float, tuple[ReadSite, ...]]:
    """Return the period, and the sites; with times of their own where they are not all even."""
    periods = [even(trace.t) for visit in visits for _, trace in visit.steps if trace.t.size > 1]
    same = bool(periods) and all(map(math.isfinite, periods))
    same = same and max(periods) - min(periods) <= 1e-3 * min(periods)
    if same:
        period = float(f"{float(np.median(periods)):.9g}")
    else:
        gaps = [
            float(np.diff(trace.t).min())
            for v in visits
            for _, trace in v.steps
            if len(trace.t) > 1
        ]
        period = max(1e-9, 10.0 ** math.floor(math.log10(min(gaps, default=1e-3)) - 3))
    sites = tuple(
        ReadSite(
            visit.x if math.isfinite(visit.x) else 0.0,
            visit.y if math.isfinite(visit.y) else 0.0,
            tuple(
                ReadStep(trace.potential, trace.current, None if same else trace.t)
                for _, trace in visit.steps
            ),
            visit.z,
        )
        for visit in visits
    )
    return period, sites
