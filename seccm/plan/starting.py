"""The text of a first plan, from a few answers; it says in comments what to change next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

from seccm.errors import PlanError, Problem
from seccm.in_toml import toml
from seccm.units import parse, show

Method = Literal["cv", "lsv", "constant potential", "constant current"]
METHODS: tuple[Method, ...] = ("cv", "lsv", "constant potential", "constant current")
SWEEPS = ("cv", "lsv")


def _asked(words: str, unit: str, *methods: Method) -> Mapping[str, object]:
    """Return what a field is asked with: a question, the unit of the answer, for which methods."""
    return {"words": words, "unit": unit, "methods": methods or METHODS}


@dataclass(frozen=True, slots=True)
class Start:
    """The answers. Quantities are texts with their unit, as a plan has them."""

    method: Method = "cv"
    title: str = "My first plan"
    sample: str = field(default="redox", metadata=_asked("Sample", ""))
    aperture: str = field(default="1 um", metadata=_asked("Inner diameter of the pipette", "m"))
    columns: int = field(default=5, metadata=_asked("Columns of the grid", "count"))
    rows: int = field(default=5, metadata=_asked("Rows of the grid", "count"))
    pitch: str = field(default="10 um", metadata=_asked("Distance between sites", "m"))
    low: str = field(default="-0.25 V", metadata=_asked("Lowest potential", "V", *("cv", "lsv")))
    high: str = field(default="0.25 V", metadata=_asked("Highest potential", "V", *("cv", "lsv")))
    scan_rate: tuple[str, ...] = field(
        default=("0.1 V/s",),
        metadata=_asked("Scan rates, with commas between them", "V/s", *("cv", "lsv")),
    )
    cycles: int = field(default=2, metadata=_asked("Cycles", "count", "cv"))
    potential: tuple[str, ...] = field(
        default=("0.25 V",),
        metadata=_asked("Potentials, with commas between them", "V", "constant potential"),
    )
    current: tuple[str, ...] = field(
        default=("-300 pA",),
        metadata=_asked("Currents, with commas between them", "A", "constant current"),
    )
    duration: str = field(
        default="2 s",
        metadata=_asked("Duration", "s", "constant potential", "constant current"),
    )
    threshold: str = field(
        default="3 pA",
        metadata=_asked(
            "Current at which the contact is seen", "A", "cv", "lsv", "constant potential"
        ),
    )

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with single answers."""
        return tuple(
            Problem(one.name.replace("_", "-"), why)
            for one in questions(self.method)
            for text in _each(getattr(self, one.name))
            if (why := wrong(one, text)) is not None
        )

    def text(self) -> str:
        """Return the plan as TOML.

        Raises:
            PlanError: an answer is not what was asked for.
        """
        if problems := self.problems():
            raise PlanError("new plan", problems)
        return "\n".join(_lines(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one field."""

    name: str
    words: str
    unit: str
    """SI unit of the answer; "count" for a whole number, empty for a text."""
    default: object


def questions(method: Method) -> tuple[Question, ...]:
    """Return what is asked for a method."""
    return tuple(
        Question(one.name, one.metadata["words"], one.metadata["unit"], one.default)
        for one in fields(Start)
        if one.metadata and method in one.metadata["methods"]
    )


def wrong(question: Question, given: object) -> str | None:
    """Say why an answer is none; None if it is one."""
    if question.unit == "count":
        is_count = isinstance(given, int) and not isinstance(given, bool) and given >= 1
        return None if is_count else "must be a whole number, 1 or more."
    if not isinstance(given, str) or not given.strip():
        return "is missing."
    if question.unit:
        try:
            parse(given, question.unit)
        except ValueError as error:
            return f"{error}."
    return None


def _each(given: object) -> tuple[object, ...]:
    return given if isinstance(given, tuple) else (given,)


def _lines(start: Start) -> Iterator[str]:
    is_current = start.method == "constant current"
    yield "# What every key means: seccm help KEY, for example: seccm help approach.speed"
    yield "# After a change: seccm check this-file.toml"
    yield f"title = {toml(start.title)}"
    yield f"sample = {toml(start.sample)}          # a virtual rig brings a sample of this name"
    yield from ("", "[reference]             # what all potentials are against")
    lithium = start.sample == "li-on-au"
    yield f"name = {toml('Li/Li+' if lithium else 'Ag/AgCl')}"
    yield f"electrode = {toml('Ag wire' if lithium else 'Ag/AgCl wire')}"
    yield f"offset = {toml('3.05 V' if lithium else '0 V')}"
    yield 'provenance = "assumed; write here how it was measured"'
    aperture = parse(start.aperture, "m")
    yield from ("", "[probe]", f"aperture = {toml(start.aperture)}")
    ratio = 1.55 if lithium else 1.0
    yield f'footprint = {{ ratio = {ratio}, basis = "nominal" }}   # wetted area over the opening'
    yield from ("", "[sites]", 'kind = "grid"')
    yield f"columns = {start.columns}"
    yield f"rows = {start.rows}"
    yield f"pitch = {toml(start.pitch)}"
    yield 'origin = ["10 um", "10 um"]'
    varied = _varied(start)
    if varied is not None:
        name, values = varied
        yield from ("", "[factors]               # what varies from site to site")
        yield f"{name} = {toml(list(values))}"
        yield from ("", "[design]", 'assign = "shuffled"      # the levels come in random order')
    yield from ("", "[approach]")
    yield f'speed = "{show(min(2e-6, 2.0 * aperture), "m/s", 3)}"'
    yield 'travel = "30 um"        # without contact so far down, the site is given up'
    yield f'overtravel = "{show(0.05 * aperture, "m", 3)}"     # how far past contact is accepted'
    if is_current:
        yield 'hold = "first step"     # the galvanostat is in overload until contact'
        yield 'contact = { kind = "potential drop", drop = "5 V" }'
    else:
        hold, sign = _hold(start)
        yield f"hold = {{ potential = {toml(hold)} }}   # a potential at which a current flows"
        yield (
            f'contact = {{ kind = "current threshold", threshold = {toml(start.threshold)}, '
            f'polarity = "{sign}" }}'
        )
    yield from (
        "",
        "[retract]",
        f'distance = "{show(2e-6 + aperture, "m", 3)}"',
        'speed = "4 um/s"',
    )
    yield from ("", "[travel]", 'speed = "10 um/s"')
    yield from ("", "[[program]]             # the steps in each droplet")
    if start.method in SWEEPS and _hold(start)[0] != start.low:
        yield from ('step = "constant potential"   # so that the sweep does not begin with a jump',)
        yield from (f"potential = {toml(start.low)}", 'duration = "1 s"', "", "[[program]]")
    yield f'step = "{start.method}"'
    yield from _step(start, varied)


def _varied(start: Start) -> tuple[str, tuple[str, ...]] | None:
    """Return the factor of a plan; None where nothing varies."""
    name, values = {
        "constant potential": ("E", start.potential),
        "constant current": ("i", start.current),
    }.get(start.method, ("v", start.scan_rate))
    return (name, values) if len(values) > 1 else None


def _hold(start: Start) -> tuple[str, str]:
    """Return what is held until contact, and the sign of the current that is then expected."""
    ends: Sequence[str] = (start.low, start.high)
    if start.method == "constant potential":
        ends = sorted(start.potential, key=lambda text: parse(text, "V"))
    values = [parse(text, "V") for text in ends]
    far = max(range(len(values)), key=lambda k: abs(values[k]))
    if start.method in SWEEPS and abs(values[-1]) >= abs(values[0]):
        far = len(values) - 1
    return ends[far], "cathodic" if values[far] < 0.0 else "anodic"


def _step(start: Start, varied: tuple[str, tuple[str, ...]] | None) -> Iterator[str]:
    def value(one: tuple[str, ...]) -> str:
        return toml(f"${varied[0]}" if varied is not None else one[0])

    match start.method:
        case "cv":
            yield f"start = {toml(start.low)}"
            yield f"vertices = [{toml(start.high)}]"
            yield f"cycles = {start.cycles}"
            yield f"scan_rate = {value(start.scan_rate)}"
        case "lsv":
            yield f"start = {toml(start.low)}"
            yield f"stop = {toml(start.high)}"
            yield f"scan_rate = {value(start.scan_rate)}"
        case "constant potential":
            yield f"potential = {value(start.potential)}"
            yield f"duration = {toml(start.duration)}"
        case "constant current":
            yield f"current = {value(start.current)}"
            yield f"duration = {toml(start.duration)}"
