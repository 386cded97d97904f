"""A rig file of a card that would wire, scale or time something wrongly is refused by its key."""

from __future__ import annotations

import copy
from itertools import combinations
from typing import Any

import pytest
from nidaq_bench import rig_table

from hardware.ni.config import NidaqConfig
from seccm.errors import PlanError
from seccm.quantities import validate

TABLE = rig_table()


def refused(table: dict[str, Any]) -> PlanError:
    """Return why a rig file is refused."""
    with pytest.raises(PlanError) as caught:
        validate(NidaqConfig, table, "bench.toml", from_file=True)
    return caught.value


def changed(*path: str, to: Any) -> dict[str, Any]:
    """The shipped rig file with one key replaced, or taken out where `to` is None."""
    table = copy.deepcopy(TABLE)
    place = table
    for key in path[:-1]:
        place = place[key]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return table


def test_the_shipped_file_is_right() -> None:
    validate(NidaqConfig, copy.deepcopy(TABLE), "bench.toml", from_file=True)


@pytest.mark.parametrize(
    ("path", "to", "key", "words"),
    [
        (("axes", "x", "volts"), ["10 V", "0 V"], "axes.x", "the first of volts must be below"),
        (("axes", "x", "volts"), ["3 V", "3 V"], "axes.x", "the first of volts must be below"),
        (("axes", "x", "volts"), ["0 V", "12 V"], "axes.x", "beyond what a card can put out"),
        (("axes", "x", "volts"), ["-11 V", "0 V"], "axes.x", "beyond what a card can put out"),
        (("axes", "z", "volts"), ["1 V", "10 V"], "axes.z", "not the fully retracted"),
        (("axes", "z", "sign"), 1, "axes.z", "fully retracted"),
        (("cell", "mode_line"), None, "cell", "no mode_line to choose between them"),
        (("cell", "potential"), None, "cell", "one is missing"),
        (("cell", "overload"), None, "cell", "overload belongs to a galvanostat"),
        (("cell", "potential", "offset"), "11 V", "cell.potential.offset", "beyond what the card"),
        (("clock",), {"spacing": 255}, "clock", "less than the 256 averaged"),
        (("stop", "window"), "1 us", "stop.window", "shorter than one sample"),
        (("clock",), {"sample_rate": "50 Hz"}, "stop.block", "shorter than one sample"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_would_be_wired_or_timed_wrongly_is_refused_by_its_key(
    path: tuple[str, ...], to: Any, key: str, words: str
) -> None:
    error = refused(changed(*path, to=to))
    told = [p for p in error.problems if p.where == key or p.where.startswith(f"{key}.")]
    assert any(words in str(problem) for problem in told), str(error)
    assert "Nothing moved" in str(error)


OUTPUTS = [("axes", "x", "output"), ("axes", "y", "output"), ("axes", "z", "output"),
           ("cell", "command")]  # fmt: skip
INPUTS = [("inputs", "current", "terminal"), ("inputs", "potential", "terminal"),
          ("axes", "x", "sensor", "terminal"), ("axes", "z", "sensor", "terminal")]  # fmt: skip
LINES = [("cell", "mode_line"), ("cell", "cell_line"), ("marks", "camera")]


@pytest.mark.parametrize(
    ("one", "other"),
    [pair for group in (OUTPUTS, INPUTS, LINES) for pair in combinations(group, 2)],
    ids=lambda path: ".".join(path),
)
def test_no_terminal_serves_two_signals(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """An output that moves the tip must not also be the cell; every pair is tried, both ways."""
    for first, second in ((one, other), (other, one)):
        terminal: Any = TABLE
        for key in first:
            terminal = terminal[key]
        error = refused(changed(*second, to=terminal))
        assert any("is wired to" in problem.what for problem in error.problems), str(error)
        assert str(terminal) in str(error)


@pytest.mark.parametrize("unit", ["V", "1", "A"])
@pytest.mark.parametrize("gain", [0.0, -1.0])
def test_the_gain_of_an_added_signal_is_above_zero(unit: str, gain: float) -> None:
    """What is inverted says so by its sign: a negative gain would be turned twice."""
    written: Any = gain if unit == "V" else f"{gain:g} {'V' if unit == '1' else 'V/A'}"
    signal = {
        "unit": unit, "words": "photodiode", "terminal": "ai3", "sign": 1, "gain": written,
        "offset": "0 V", "calibrated": "EXAMPLE",
    }  # fmt: skip
    error = refused(changed("signals", to={"photodiode": signal}))
    assert "must be above 0; a signal that is inverted has sign = -1" in str(error)


def test_every_mistake_is_told_at_once() -> None:
    table = copy.deepcopy(TABLE)
    table["axes"]["x"]["volts"] = ["0 V", "12 V"]
    table["clock"] = {"spacing": 1}
    del table["cell"]["overload"]
    keys = {problem.where.split(".")[0] for problem in refused(table).problems}
    assert {"axes", "clock", "cell"} <= keys
