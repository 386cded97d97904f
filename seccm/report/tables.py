"""Tables of a report: statistics by condition, sites with something to tell, events of note."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis import scales
from seccm.analysis.declared import by_rank, declared
from seccm.analysis.quality import Quality
from seccm.analysis.spread import Spread, spread
from seccm.analysis.statistics import FEWEST_FOR_SD, Summary, Survival, summary
from seccm.data.journal import Code
from seccm.events import Outcome
from seccm.report.feature import Feature
from seccm.report.groups import Group
from seccm.report.plausible import growing_above_zero
from seccm.report.study import Study
from seccm.report.trends import survivals
from seccm.typography import number

MOST_EVENTS = 200
MOST_REMARKS = 500
_OF_NOTE = (Code.FALSE_CONTACT, Code.NOTE, Code.PAUSED, Code.RESUMED, Code.FAULT, Code.RUN_STOPPED)
# The bootstrap goes through all pairs of values: beyond this the mean's own interval will do.
_MOST_PAIRED = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One condition's statistics of one feature, in the unit of the table."""

    group: Group
    condition: str
    summary: Summary
    survival: Survival | None
    """Where some records ended before the event."""
    scale: scales.Scale
    note: str
    """What has to be said of the numbers in this row, and of those left out of it."""
    spread: Spread | None = None
    """What is printed after ±; None where no site has a value."""

    @property
    def cells(self) -> tuple[str, ...]:
        """Condition, n, n censored, median, mean, median with censored ones, interval, note.

        The mean comes with the larger of scatter and stated uncertainty, and with the word for
        which it is; of two values, with both.
        """
        s, f = self.summary, self.scale.factor
        km = self.survival.median if self.survival else None
        if km is None:
            late = ""
        elif km.status.has_value:
            late = number(km.value * f)
        else:
            end = number(self.survival.horizon * f) if self.survival else ""
            late = f"> {end}"
        interval = ""
        if math.isfinite(s.interval.low):
            interval = f"{number(s.interval.low * f)} … {number(s.interval.high * f)}"
        mean = scales.told(self.spread, f) if self.spread else "–"
        if 1 < s.n < FEWEST_FOR_SD:
            low, high = sorted((s.low * f, s.high * f))
            mean = f"{number(s.mean * f)} ({number(low)}, {number(high)})"
        return (
            self.condition,
            str(s.n),
            str(s.n_censored) if s.n_censored else "",
            number(s.median * f),
            mean,
            late,
            interval,
            self.note,
        )


@dataclass(frozen=True, slots=True)
class Statistics:
    """One feature by condition."""

    name: str
    title: str
    unit: str
    """As HTML."""
    common: str
    """What is uncertain of all the values alike; empty if nothing is, or it is not known."""
    rows: tuple[Row, ...]
    censored: bool
    """Whether any condition has censored records, so that the column is worth showing."""
    noted: bool
    """Whether any row has a note."""


def statistics(study: Study) -> Iterator[Statistics]:
    """Yield the statistics of every feature that has a trusted number somewhere."""
    for name in by_rank(study.features):
        result = declared(name)
        usual = result.tabulated and not study.repeats_plan(name)
        if (usual or name in study.asked) and study.telling(name):
            rows = tuple(row for group in study.groups for row in _rows(study, group, name))
            if any(row.summary.n for row in rows):
                yield _statistics(study, name, rows)


def _statistics(study: Study, name: str, rows: tuple[Row, ...]) -> Statistics:
    column = study.features[name].column
    return Statistics(
        name=name,
        title=column.long_name,
        unit=_html_unit(rows[0].scale.unit),
        common=study.common if declared(name).against_reference else "",
        rows=rows,
        censored=any(row.summary.n_censored for row in rows),
        noted=any(row.note for row in rows),
    )


def _rows(study: Study, group: Group, name: str) -> Iterator[Row]:
    """Yield the row of a condition, and one more for each kind of values with a caveat.

    Values that are not to be averaged get no row; the note of the first one counts them.
    """
    feature = study.features[name]
    sites = group.counted
    scale = scales.feature_scale(feature.column.unit, feature.values)
    words = study.groups.words(group)
    qualified = feature.caveats(sites)
    plain = sites[feature.known[sites] & ~feature.qualified[sites]]
    end = study.waited(name)
    late = int(feature.censored[sites].sum()) if end is not None else 0
    survival = survivals(feature, end, sites) if late and end is not None else None
    left_out = "; ".join(
        f"{len(some)} left out: {status.caveat}"
        for status, some in qualified.items()
        if not status.trusted
    )
    apart = {status: some for status, some in qualified.items() if status.trusted}
    if plain.size or late or not apart:
        doubt = _above_zero(study, name, plain)
        note = "; ".join(part for part in (doubt, left_out) if part)
        summary = summarised(feature.values[plain], late)
        yield Row(group, words, summary, survival, scale, note, _spread(feature, plain))
        left_out = ""
    for status, some in apart.items():
        doubt = _above_zero(study, name, some)
        note = "; ".join(part for part in (status.caveat, doubt, left_out) if part)
        summary = summarised(feature.values[some], 0)
        yield Row(group, words, summary, None, scale, note, _spread(feature, some))
        left_out = ""


def _spread(feature: Feature, sites: npt.NDArray[np.int64]) -> Spread | None:
    return spread(feature.values[sites], feature.errors[sites]) if sites.size else None


def _above_zero(study: Study, name: str, sites: npt.NDArray[np.int64]) -> str:
    """Say how many of some growth potentials lie where no metal grows; empty if none does."""
    count = int(np.isin(growing_above_zero(study, name), sites).sum())
    return f"{count} above 0 V vs {study.reference}: check the reference" if count else ""


def summarised(values: np.ndarray, n_censored: int) -> Summary:
    """Summarise repeats; without the bootstrap where it would take minutes."""
    if values.size <= _MOST_PAIRED:
        return summary(values, n_censored)
    few = summary(values[:1], n_censored)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = 1.96 * sd / math.sqrt(values.size)
    median = float(np.median(values))
    return Summary(
        n=values.size,
        n_censored=n_censored,
        median=median,
        mad=float(np.median(np.abs(values - median))),
        mean=mean,
        sd=sd,
        low=float(values.min()),
        high=float(values.max()),
        centre=few.centre.of(mean, half / 1.96),
        interval=type(few.interval)(mean - half, mean + half),
    )


def _html_unit(unit: str) -> str:
    return unit.replace("$^{", "<sup>").replace("}$", "</sup>").replace("-", "−")


# ------------------------------------------------------------------------ sites and events


@dataclass(frozen=True, slots=True)
class Remark:
    """A site with something to tell."""

    site: int
    outcome: str
    condition: str
    words: str


def remarks(study: Study, too_far: Mapping[int, str]) -> list[Remark]:
    """Return the sites without a regular end, those with quality flags, and others named.

    At most `MOST_REMARKS`: a scan with more of them has another problem.

    Args:
        study: the scan.
        too_far: words about sites, by number, that come from elsewhere.
    """
    sites = study.scan.sites
    labels = {int(n): study.groups.words(g) for g in study.groups for n in g.sites}
    found = []
    for site, code in enumerate(study.outcome.tolist()):
        outcome = Outcome(code)
        if outcome == Outcome.PLANNED:
            continue
        reason = str(sites["reason"][site]).rstrip(".")
        quality = Quality(int(study.quality[site]))
        if reason:  # which says it with numbers
            quality &= ~(Quality.NO_CONTACT | Quality.LOST_CONTACT)
        said = [reason, *quality.labels] if reason else list(quality.labels)
        if site in too_far:
            said.append(too_far[site])
        if said or outcome != Outcome.OK:
            found.append(Remark(site, outcome.words, labels.get(site, ""), "; ".join(said)))
        if len(found) == MOST_REMARKS:
            break
    return found


@dataclass(frozen=True, slots=True)
class Noted:
    """An event of note."""

    t: float
    """s since the start of the run."""
    site: str
    kind: str
    words: str


def noted(study: Study) -> tuple[list[Noted], int]:
    """Return events of note, at most `MOST_EVENTS`, and how many more there are."""
    events = study.scan.events
    chosen = np.flatnonzero(np.isin(events["code"], [int(c) for c in _OF_NOTE]))
    shown = [
        Noted(
            t=float(events["t"][k]),
            site="" if events["site"][k] < 0 else str(int(events["site"][k])),
            kind=Code(int(events["code"][k])).name.lower().replace("_", " "),
            words=str(events["msg"][k]),
        )
        for k in chosen[:MOST_EVENTS]
    ]
    return shown, max(0, chosen.size - MOST_EVENTS)
