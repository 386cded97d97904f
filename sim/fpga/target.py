"""The program on the target: lines one after the other, rows all the while, comparators once a row.

Theory of operation. Time passes in calls and waits (`live`). Between two events (the end of a row,
the end of a line) every output runs straight. The world behind the wires is asked when somebody
reads rows, or at the end of each row while a comparator may end a line; see `sim.fpga.rows`.

Belief, seen in the only recording that is known: the comparators are looked at once a row, at its
end. What else is believed, and could be otherwise, is a switch of `sim.fpga.config`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from sim.fpga.axes import CLOCK, Outputs
from sim.fpga.bitfile import FIFOS, REGISTERS, TO_HOST, TO_TARGET
from sim.fpga.config import TargetConfig
from sim.fpga.lines import RETRACT, UNTIL_CONTACT, WAITS_FOR_HOST, WORDS, Line, begin, compared
from sim.fpga.rows import Made, Sampler

NOT_RUNNING, RUNNING = 0, 2
MIDDLE = 0x3FFF
"""Code to which X and Y jump when the program starts, whatever is set: +5 V."""
HOST_WORDS = 1 << 20
"""Of the queue of lines on the host's side."""
HOST_ROWS = 114_688
"""Words of the queue of rows on the host's side."""
FORGETS = CLOCK
DONE = 1e-6
"""Ticks below which nothing is left."""
_NARROW = 1 << 16


class Mishaps(Protocol):
    """What goes wrong with the whole device."""

    def unplugged(self, now: int) -> bool:
        """Tell whether it is gone."""

    def silent(self, now: int) -> bool:
        """Tell whether no more rows come."""


class Target:
    """The target.

    Args:
        config: its switches.
        outputs: that it drives.
        sampler: of its inputs.
        mishaps: that happen, at ticks of 100 MHz.
    """

    def __init__(
        self, config: TargetConfig, outputs: Outputs, sampler: Sampler, mishaps: Mishaps
    ) -> None:
        self.config, self._outputs, self._sampler, self._mishaps = config, outputs, sampler, mishaps
        self.registers = dict.fromkeys(REGISTERS, 0)
        self.registers |= {
            "Buffer Loop Wait Time (tICKS)": config.sample_ticks,
            "2^(-n)": config.log2_averaged,
            "HoldTimerScale": config.hold_scale,
            "FeedBackType": 1,
            "FeedBackType 2": 1,
            "LineNumber": config.first_line,
            "External Pause": int(config.running),
        }
        self.state = RUNNING if config.running else NOT_RUNNING
        self.now = 0
        """Ticks of 40 MHz."""
        self.lines: deque[int] = deque([0] * config.left_words)
        """Words on their way to the target."""
        self.rows: deque[tuple[int, tuple[int, ...]]] = deque()
        """Words on their way to the host, of a row each, with the tick at which they get there."""
        self.contacts: list[tuple[int, int]] = []
        """Ticks and code of Z where a comparator ended a motion; for tests."""
        self.began: list[tuple[int, tuple[int, ...]]] = []
        """Ticks and words of every line; for tests."""
        self._line: Line | None = None
        self._fetching = 0.0
        self._begun = 0
        self._last = 0
        self._made: list[Made] = []
        self._torn = False
        self._there = 0
        """Words on their way to the host."""
        self._forgot = 0
        self.seen = 0
        """Tick up to which the world has been lived; for tests."""

    # Life.

    def reset(self) -> None:
        """Stop the program; the outputs keep their levels."""
        self.state, self._line = NOT_RUNNING, None
        self.lines.clear()
        self.rows.clear()
        self._there = 0
        self._made.clear()
        for name, register in REGISTERS.items():
            if register.indicator:
                self.registers[name] = 0

    def run(self) -> bool:
        """Start the program: the outputs jump. Tell whether it was not running."""
        if self.state == RUNNING:
            return False
        self.state, self._begun, self._last = RUNNING, self.now, self.now
        self.registers["LineNumber"] = 0
        for axis, code in zip(("X", "Y", "Z", "V", "V2"), (MIDDLE, MIDDLE, 0, 0, 0), strict=True):
            self._outputs.jump(axis, code, self.now)
        return True

    def purge(self, fifo: str) -> None:
        """Stop a queue."""
        if fifo == TO_HOST:
            self._make(force=True)
            self.rows.clear()
            self._there = 0
        elif self.config.stop_purges:
            self.lines.clear()

    def read(self, name: str) -> int:
        """Return the value of a register."""
        if name == "WaitingForWayPoints":
            return int(self._line is None and len(self.lines) < WORDS)
        applied = self._outputs.codes()
        return applied[name] if name in applied else self.registers[name]

    def waiting(self) -> int:
        """Return how many words the host can read now."""
        self._make()
        return sum(len(words) for due, words in self.rows if due <= self.now)

    def take(self, count: int) -> list[int]:
        """Return the oldest words, at most as many as `waiting`."""
        taken: list[int] = []
        while len(taken) < count:
            due, words = self.rows.popleft()
            self._there -= min(len(words), count - len(taken))
            wanted = count - len(taken)
            taken += words[:wanted]
            if words[wanted:]:
                self.rows.appendleft((due, words[wanted:]))
        return taken

    # Time.

    def live(self, now: int) -> None:
        """Let time pass up to a tick."""
        while self.now < now:
            if self.state != RUNNING:
                self._pass(now - self.now)
                self._begun = self._last = self.now
                continue
            self._fetch()
            left = self._line_left()
            due = min(now, self._row_end())
            if not math.isinf(left):
                due = min(due, self.now + max(0 if left <= DONE else 1, math.ceil(left)))
            self._pass(due - self.now)
            if self._line is not None and not self._held and self._line_left() <= DONE:
                self._end_line()
            if self.now >= self._row_end():
                self._row()

    def _pass(self, ticks: int) -> None:
        if not self._held and self.state == RUNNING:
            self._outputs.run(self.now, ticks)
            self._fetching = max(0.0, self._fetching - ticks)
            if self._line is not None:
                self._line.holding = max(0.0, self._line.holding - ticks)
        self.now += ticks

    @property
    def _held(self) -> bool:
        """Whether the loops of the axes stand still."""
        names = ("External Pause", "Internal Pause", "External Stop")
        return any(self.registers[name] for name in names) or bool(self.registers["Internal Stop"])

    def _line_left(self) -> float:
        """Ticks until something happens to the lines."""
        if self._held:
            return math.inf
        if self._line is not None:
            return self._line.left(self._outputs)
        return self._fetching if len(self.lines) >= WORDS and self._fetching else math.inf

    def _fetch(self) -> None:
        if self.registers["External Stop"]:
            self._line = None
        if self._line is None and not self._held and not self._fetching:
            if len(self.lines) < WORDS:
                return
            words = tuple(self.lines.popleft() for _ in range(WORDS))
            self.registers["LineNumber"] += 1
            self.registers["LineType"] = words[0]
            self.registers["Feedback1 Boolean"] = self.registers["Feedback2 Boolean"] = 0
            self.began.append((self.now, words))
            self._line = begin(
                words,
                self.registers,
                self._outputs,
                self.now,
                jumps_while_z_moves=self.config.jumps_while_z_moves,
            )
            if self._line.left(self._outputs) <= DONE:
                self._end_line()

    def _end_line(self) -> None:
        for axis in self._outputs.axes.values():
            axis.rest()
        self._line, self._fetching = None, self.config.fetch * CLOCK

    # Rows.

    def _spacing(self) -> int:
        """Ticks from row to row."""
        samples = 1 << self.registers["2^(-n)"]
        return samples * self.registers["Buffer Loop Wait Time (tICKS)"] + self.config.extra_ticks

    def _row_end(self) -> int:
        return self._begun + self._spacing()

    def _row(self) -> None:
        """Complete a row."""
        tag = self.registers["LineNumber"]
        if self.config.tags == "saturate":
            tag = min(tag, _NARROW // 2 - 1)
        tag = (tag + _NARROW // 2) % _NARROW - _NARROW // 2
        row = Made(
            begin=self._begun,
            end=self.now,
            kind=self._shown(),
            tag=tag,
            interval=self.now - self._last,
            samples=1 << self.registers["2^(-n)"],
            ticks=self.registers["Buffer Loop Wait Time (tICKS)"],
            kept=self.config.torn_words if self.registers["External Stop"] else WORDS,
        )
        self._begun = self.now
        self._stop_itself()
        if self._line is not None and self._line.kind in (UNTIL_CONTACT, WAITS_FOR_HOST):
            self._compare(row)
        handed_on = self._hands_on()
        self._torn = bool(self.registers["External Stop"])
        if handed_on:
            self._last = self.now
            self._made.append(row)
        if len(self._made) * (1 << self.registers["2^(-n)"]) > CLOCK // 400:
            self._make()

    def _shown(self) -> int:
        """Return word 8 of a row that ends now."""
        if self._line is None:
            return 0
        if self._line.kind == RETRACT and self.config.retract_word == "distance":
            return self._line.distance
        return self._line.kind

    def _stop_itself(self) -> None:
        at = self.config.stops_itself
        if at is not None and self.now >= at * CLOCK:
            self.registers["Internal Stop"] = 1

    def _hands_on(self) -> bool:
        if self.registers["External Stop"] and self._torn:
            return False
        if self._mishaps.silent(self.now * 5 // 2):
            return False
        if self.registers["External Pause"] and not self.config.paused_rows:
            return False
        return self._line is not None or self.config.idle_rows

    def _compare(self, row: Made) -> None:
        """Look at the comparators, and end the motion of Z if one of them is true."""
        if self._line is None or self._held:
            return
        self._sampler.live(self.now, self.now)
        self.seen = self.now
        signals = self._sampler.signals(row)
        one, two = compared(signals, self.registers, equality=self.config.equality)
        z = self._outputs.axes["Z"]
        if (
            two
            and not self.config.abort_ends
            and abs(self.registers["Feedback_Threshold 2"]) > (_NARROW // 2 - 1)
        ):
            two = z.rate > 0.0 and two
        self.registers["Feedback1 Boolean"], self.registers["Feedback2 Boolean"] = (
            int(one),
            int(two),
        )
        if not (one or two):
            return
        self.contacts.append((self.now, round(z.code)))
        if self._line.kind == WAITS_FOR_HOST:
            self.registers["Internal Pause"] = 1
        self._end_line()

    def _make(self, *, force: bool = False) -> None:
        """Measure the rows that are complete, and put their words on the way."""
        if not self._made:
            return
        rows, self._made = self._made, []
        if rows[-1].end >= self.seen:  # Comparators may have looked at later ones.
            self._sampler.live(rows[-1].end, self.now)
            self.seen = rows[-1].end
        if force:
            return
        for row, words in zip(rows, self._sampler.words(rows).tolist(), strict=True):
            self._put(row, tuple(words))
        if self.now - self._forgot > FORGETS:
            self._forgot = self.now
            self._sampler.forget(self.now - FORGETS)

    def _put(self, row: Made, words: tuple[int, ...]) -> None:
        tear, second = self.config.tear_at, self.config.second_host
        words = words[: row.kept]
        if tear is not None and row.begin < tear * CLOCK <= row.end:
            words = words[: WORDS - self.config.torn_words]
        if second is not None and row.end > second * CLOCK and row.tag % 2:
            return
        full = FIFOS[TO_HOST].depth + HOST_ROWS - self._there
        if full < len(words):
            if self.config.when_full == "drops words":
                words = words[: max(0, full)]
            else:
                return
        self._there += len(words)
        self.rows.append((row.end + round(self.config.age * CLOCK), words))


def room(target: Target) -> int:
    """Return how many words the queue of lines still takes."""
    return HOST_WORDS + FIFOS[TO_TARGET].depth - len(target.lines)


def words_of(target: Target, words: Sequence[int]) -> None:
    """Put words into the queue of lines."""
    target.lines.extend(words)
