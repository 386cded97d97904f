"""What the kinds of step that sweep the potential have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from seccm.errors import Problem
from seccm.factors import Value
from seccm.placeholder import Placeholder
from seccm.plan.rounding import rounded_down, rounded_up
from seccm.program.kind import Found
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.quantities import DAY, MOST
from seccm.results import Result, Status
from seccm.results.result import potential, signed
from seccm.rig import Limit, Lines, RigInfo
from seccm.suggestion import Suggestion, key_of
from seccm.units import show, volts

FINE = 2e-3
"""Volts that a data point of a sweep covers at most, where there are raw samples to make it of."""
COARSE = 5e-3
"""Volts within one row beyond which a sweep's features are smeared."""
E_HALF = potential("E_half",
                   "half-wave potential; where the sweep returns, the mean of forward and reverse "
                   "sweep", r"$E_{1/2}$", 210, mapped=True)  # fmt: skip
I_LIM = signed("i_lim", "A", "limiting current, from the sloping line of the foot",
               r"$i_\mathrm{lim}$", 220, mapped=True)  # fmt: skip
WAVE = (
    E_HALF, I_LIM,
    Result("tomes", "V", "|E3/4 - E1/4| of the wave", "$|E_{3/4}-E_{1/4}|$", rank=240),
    signed("i_vertex", "A", "current at the first vertex", r"$i_\mathrm{vertex}$"),
)  # fmt: skip
PEAKS = (
    potential("E_pa", "potential of the largest anodic peak", r"$E_\mathrm{pa}$", 250),
    signed("j_pa", "A/m^2", "current density of the largest anodic peak, from zero",
           r"$j_\mathrm{pa}$", 260),
    potential("E_pc", "potential of the largest cathodic peak", r"$E_\mathrm{pc}$", 270),
    signed("j_pc", "A/m^2", "current density of the largest cathodic peak, from zero",
           r"$j_\mathrm{pc}$", 280),
)  # fmt: skip


def swept(
    corners: Sequence[Value],
    scan_rate: Value,
    setting: Setting,
    limits: tuple[Limit, ...],
    *,
    cycles: int = 1,
    quiet: float = 0.0,
) -> Act:
    """Make the straight lines of a sweep; cycles begin at multiples of one cycle's time.

    Args:
        corners: potentials of one cycle, from its start to its end.
        scan_rate: between them.
        setting: what turns them into numbers.
        limits: what ends the sweep before its time.
        cycles: how many there are.
        quiet: seconds for which its start is held before.
    """
    rate = setting.number(scan_rate)
    raw = [setting.raw(corner) for corner in corners]
    ends = list(accumulate(abs(b - a) / rate for a, b in pairwise(raw)))
    times = [quiet, *(quiet + k * ends[-1] + end for k in range(cycles) for end in ends)]
    values = [raw[0], *(corner for _ in range(cycles) for corner in raw[1:])]
    if quiet:
        times, values = [0.0, *times], [raw[0], *values]
    walk = " to ".join(volts(setting.number(c)) for c in corners[:4])
    label = f"{walk}{' ...' if len(corners) > 4 else ''} at {show(rate, 'V/s')}"
    return Act(
        "potential",
        Lines(tuple(times), tuple(values)),
        f"{label}, {cycles} cycles" if cycles > 1 else label,
        limits,
        tuple(quiet + k * ends[-1] for k in range(cycles + 1)),
        row=FINE / rate,
        stairs=True,
    )


def sweep_problems(
    where: str,
    setting: Setting,
    corners: Sequence[tuple[str, Value]],
    scan_rate: Value,
    cycles: int = 1,
) -> Iterator[Problem]:
    """Find sweeps that go nowhere, or that last longer than anyone could mean.

    Args:
        where: key of the step.
        setting: the condition.
        corners: the key of each potential in the step, and the potential; an empty key for the
            return to the start.
        scan_rate: between them.
        cycles: how many there are.
    """
    numbers = [setting.number(corner) for _, corner in corners]
    under = setting.condition.under(*(corner for _, corner in corners))
    for (here, a), (there, b) in pairwise(
        (key, number) for (key, _), number in zip(corners, numbers, strict=True)
    ):
        if a == b and not there:
            what = f"{volts(b)}{under} is where the cycle starts."
            remedy = "Leave it out: each cycle goes back to start by itself."
            out = Suggestion(key_of(f"{where}.{here}"), "remove")
            yield Problem(f"{where}.{here}", what, remedy, suggestion=out)
        elif a == b:
            what = f"{volts(b)}{under} is not a sweep: it equals {here}."
            yield Problem(f"{where}.{there}", what, "Give another potential.")
    way = sum(abs(b - a) for a, b in pairwise(numbers))
    lasts, (longest, in_words) = way * cycles / setting.number(scan_rate), MOST["s"]
    if lasts > longest:
        rate = f"{show(setting.number(scan_rate), 'V/s')}{setting.condition.under(scan_rate)}"
        what = f"{rate} makes the sweep last {lasts / DAY:.3g} days; at most {in_words}."
        yield Problem(f"{where}.scan_rate", what, "Sweep faster, or take fewer cycles.")


def coarse_problems(
    where: str, setting: Setting, scan_rate: Value, info: RigInfo
) -> Iterable[Problem]:
    """Find sweeps so fast that a row covers too much of them."""
    clock, rate = info.clock, setting.number(scan_rate)
    fine = info.averages and clock.period > FINE / rate
    update = info.update_during(raw=True)
    period = clock.samples_over(FINE / rate, update) / clock.rate if fine else clock.period
    if rate * period > COARSE:
        what = f"at {show(rate, 'V/s')} each data point covers {show(rate * period, 'V')}"
        slower = show(rounded_down(COARSE / period), "V/s")
        remedy = f"Sweep no faster than {slower}, or average fewer samples."
        if fine and update >= period:
            what += f": rig {info.name} puts out a new value every {show(update, 's')}"
            remedy = (
                f"Sweep no faster than {slower}, or let the rig put out values faster: on a card, "
                f'output_rate = "{show(rounded_up(rate / FINE), "Hz")}" in the rig file.'
            )
        what += "."
        put = Suggestion(key_of(f"{where}.scan_rate"), "put", slower)
        follows = isinstance(scan_rate, Placeholder)
        yield Problem(f"{where}.scan_rate", what, remedy, "warning", None if follows else put)


def wave_words(found: Found) -> str:
    """Say where the wave is; empty if there is none."""
    if not found["E_half"].status.trusted:
        return ""
    e, i = found["E_half"].value, found["i_lim"].value
    steady = ", not steady" if found["E_half"].status is Status.UNSTEADY else ""
    return f"E_half {show(e, 'V', 3)}, i_lim {show(i, 'A', 3)}{steady}"
