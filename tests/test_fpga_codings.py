"""Whole numbers on the way to the target: what fits is kept as it is, what does not is refused.

The package below cuts numbers to fit, without a word: 32 768 would put out -10 V.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ni.scaling import Scale, amplifier, positioner
from hardware.wec_fpga import contract
from hardware.wec_fpga.codes import LEAST, MOST, PER_VOLT, SPAN, TICKS, Coded, whole
from hardware.wec_fpga.frames import AXES, MOST_EXPONENT, Travel, exponent, line, speed_word
from hardware.wec_fpga.link import Link
from seccm.errors import LimitError

PLAIN = Coded(Scale(1.0, 0.0, "test"))
KINDS = sorted(contract.LIMITS)
OF_KIND = {kind: next(n for n, k in contract.REGISTERS.items() if k == kind) for kind in KINDS}
QUICKLY = settings(max_examples=30)


class Register:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    def read(self) -> int:
        return int(self.written[-1])


@pytest.fixture
def link() -> Any:
    """A link above registers and queues that take everything, as the package does."""
    made: Any = Link.__new__(Link)
    made.where = "RIO0"
    made._registers = {name: Register() for name in contract.REGISTERS}
    sent: list[list[int]] = []
    made._out = SimpleNamespace(write=lambda words, timeout_ms: sent.append(words))
    made.sent = sent
    return made


# Registers.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_a_type_are_written_and_read_as_they_are(link: Any, kind: str, end: int):
    name, value = OF_KIND[kind], contract.LIMITS[kind][end]
    link.write(name, value)
    assert link.read(name) == value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beyond", [(0, -1), (1, 1), (0, -(10**20)), (1, 10**20)])
def test_one_beyond_an_end_is_refused_with_both_ends_and_nothing_is_written(
    link: Any, kind: str, beyond: tuple[int, int]
):
    name, (lower, upper) = OF_KIND[kind], contract.LIMITS[kind]
    end, by = beyond
    value = contract.LIMITS[kind][end] + by
    with pytest.raises(LimitError) as caught:
        link.write(name, value)
    for told in (name, kind, str(value), str(lower), str(upper), "nothing was written"):
        assert told in str(caught.value)
    assert link._registers[name].written == []


def test_of_many_registers_none_after_the_one_that_does_not_fit_is_written(link: Any):
    with pytest.raises(LimitError):
        link.settle({contract.PAUSE: 1, contract.AVERAGED: 2**15, contract.SAMPLE_TICKS: 5})
    assert link._registers[contract.PAUSE].written == [True]
    assert link._registers[contract.SAMPLE_TICKS].written == []


@pytest.mark.parametrize("count", [2, 13, 15, 27])
def test_words_that_are_no_whole_lines_are_never_sent(link: Any, count: int):
    """The next line would begin in the middle of this one."""
    with pytest.raises(ValueError, match="not whole lines"):
        link.send([0] * count, 1.0)
    assert link.sent == []


@pytest.mark.parametrize("count", [0, 14, 28])
def test_whole_lines_are_sent_word_by_word(link: Any, count: int):
    words = list(range(count))
    link.send(words, 1.0)
    assert link.sent == [words]


# Volts.


@pytest.mark.parametrize(
    ("exact", "code"),
    [
        (LEAST, LEAST), (LEAST - 0.5, LEAST), (MOST, MOST), (MOST + 0.499, MOST), (0.49, 0),
        (0.5, 1), (-0.5, 0), (-0.51, -1),
    ],
)  # fmt: skip
def test_a_code_is_the_nearest_one_and_halves_go_up(exact: float, code: int):
    assert whole(exact, "z") == code


@pytest.mark.parametrize(
    "exact", [MOST + 0.5, LEAST - 0.51, 65536.0, -65536.0, 1e300, math.inf, -math.inf, math.nan]
)
def test_what_no_code_stands_for_is_refused_with_the_range_of_the_converter(exact: float):
    with pytest.raises(LimitError, match=r"-10 V to \+9\.9997 V; nothing moved") as caught:
        whole(exact, "command")
    assert caught.value.where == "command"
    assert "inside the range" in caught.value.remedy


def test_ten_volts_are_beyond_the_range_and_minus_ten_are_in_it():
    """A converter of two's complement ends one code below +10 V."""
    assert PLAIN.code(-10.0, "command") == LEAST
    assert PLAIN.code(SPAN.upper, "command") == MOST
    with pytest.raises(LimitError):
        PLAIN.code(10.0, "command")


SIGNS = st.sampled_from([1, -1])
OFFSETS = st.floats(-2.0, 2.0)
GAINS = st.floats(0.01, 100.0)


@QUICKLY
@given(code=st.integers(LEAST, MOST), sign=SIGNS, gain=GAINS, offset=OFFSETS)
def test_every_code_comes_back_whatever_sign_gain_and_offset(code, sign, gain, offset):
    coded = Coded(amplifier(sign, gain, offset, "test"))
    assert coded.code(coded.one(code), "E") == code
    assert coded.si(np.array([code]))[0] == pytest.approx(coded.one(code), abs=1e-12)


@QUICKLY
@given(sign=SIGNS, gain=GAINS, offset=OFFSETS, part=st.floats(0.0, 1.0))
def test_a_value_inside_the_span_is_met_within_half_a_code_and_one_outside_is_refused(
    sign, gain, offset, part
):
    coded = Coded(amplifier(sign, gain, offset, "test"))
    span = coded.span()
    assert span.lower < span.upper
    value = span.lower + part * (span.upper - span.lower)
    assert abs(coded.one(coded.code(value, "E")) - value) <= 0.5 * coded.step * (1 + 1e-6)
    for outside in (span.upper + 0.6 * coded.step, span.lower - 0.6 * coded.step):
        with pytest.raises(LimitError):
            coded.code(outside, "E")


@QUICKLY
@given(sign=SIGNS, gain=GAINS, offset=OFFSETS, volts=st.floats(-10.0, 10.0))
def test_an_inverted_wire_is_the_same_instrument_with_opposite_volts(sign, gain, offset, volts):
    one, other = amplifier(sign, gain, offset, "a"), amplifier(-sign, gain, -offset, "b")
    assert other.si(-volts) == pytest.approx(one.si(volts), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_stage_is_at_its_offset_at_no_volts_and_goes_the_way_of_its_sign(sign: int):
    scale = positioner(sign, 10e-6, 50e-6, "test")
    assert scale.si(0.0) == 50e-6
    assert scale.si(1.0) - scale.si(0.0) == pytest.approx(sign * 10e-6, abs=1e-12)
    assert scale.volts(scale.si(3.3)) == pytest.approx(3.3, abs=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_speed_has_no_sign_and_a_second_of_it_is_its_way_in_codes(sign: int):
    coded = Coded(positioner(sign, 10e-6, 0.0, "test"))
    assert coded.per_tick(2e-6) * TICKS == pytest.approx(0.2 * PER_VOLT, rel=1e-12)
    assert coded.per_tick(-2e-6) == coded.per_tick(2e-6)


# Lines.


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("goal", [LEAST, -1, 0, MOST])
def test_a_goal_and_a_speed_are_in_words_of_their_axis_and_no_other(axis: str, goal: int):
    words = line(Travel(axis, goal, 7))
    place = AXES.index(axis)
    assert (words[1 + place], words[6 + place]) == (7, goal)
    assert len(words) == 14
    assert sum(word != 0 for word in words[:13]) == 1 + (goal != 0)
    assert bin(words[13]).count("1") == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"hold": MOST + 1}, {"wait": MOST + 1}, {"kind": MOST + 1}, {"kind": LEAST - 1},
        {"hold": -(2**40)},
    ],
)  # fmt: skip
def test_no_word_of_a_line_is_wrapped(asked: dict[str, int]):
    with pytest.raises(LimitError, match="16-bit words; nothing moved"):
        line(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("speed", [MOST + 1, 65536 + 7])
def test_a_word_of_a_speed_that_would_become_another_one_is_refused(speed: int):
    with pytest.raises(LimitError):
        line(Travel("Z", 0, speed))


def test_flags_of_axes_and_jumps_are_all_different():
    flags = [line(Travel(axis, 1, 1))[13] for axis in AXES] + [line(hold=1)[13]]
    flags += [
        line(Travel(axis, 1), jump=True)[13] & ~line(Travel(axis, 1))[13] for axis in AXES[3:]
    ]
    assert len(set(flags)) == len(flags) == 8
    assert sum(flags) == 0xFF


@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_the_stage_never_jumps(axis: str):
    """Only voltages do."""
    with pytest.raises(KeyError):
        line(Travel(axis, 5, 1), jump=True)


@pytest.mark.parametrize(
    "per_tick", [MOST + 1.0, 1e6, 0.4 * 2.0**-MOST_EXPONENT, 0.0, math.inf, math.nan]
)
def test_a_speed_beyond_what_words_can_say_is_refused_and_nothing_moves(per_tick: float):
    with pytest.raises(LimitError, match="nothing moved") as caught:
        speed_word(per_tick, exponent(per_tick))
    assert "speed" in caught.value.remedy


@pytest.mark.parametrize("n", range(MOST_EXPONENT + 1))
def test_the_fastest_speed_of_every_exponent_uses_the_whole_word(n: int):
    assert exponent(MOST / 2.0**n) == n
    assert speed_word(MOST / 2.0**n, n) == MOST
