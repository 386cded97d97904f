"""Words that people use for what a plan calls otherwise: a message says which word is meant."""

from __future__ import annotations

from collections.abc import Iterable

SYNONYMS: dict[str, tuple[str, ...]] = {
    "voltage": ("potential",), "e": ("potential",), "i": ("current",), "j": ("current_density",),
    "time": ("duration",), "t": ("duration",), "length": ("duration",),
    "rate": ("scan_rate",), "sweep_rate": ("scan_rate",), "vertex": ("vertices",),
    "end": ("stop",), "final": ("stop",), "begin": ("start",), "initial": ("start",),
    "frequency_min": ("lowest",), "frequency_max": ("highest",), "ac_amplitude": ("amplitude",),
    "for": ("repeat",), "loop": ("repeat",), "while": ("repeat",), "cycle": ("repeat",),
    "steps": ("program",), "then": ("program",), "do": ("program",), "else": ("otherwise",),
    "condition": ("when",), "if": ("when",), "n": ("times",), "cycles": ("times",),
    "values": ("over",), "variables": ("over",), "consecutive": ("rows",),
    "blanking": ("after",), "delay": ("after",), "ignore": ("after",), "wait": ("after",),
    "hysteresis": ("potential_hysteresis", "current_hysteresis"),
    "potential": ("potential_below", "potential_above"),
    "current": ("current_below", "current_above"),
}  # fmt: skip
"""What each may mean, the likeliest first; by the word in small letters. Kinds add theirs."""


def call(name: str, words: Iterable[str]) -> None:
    """Say what else people call a kind of step; the last one that ran, too."""
    for word in words:
        SYNONYMS[word] = (name, f"last {name}")
        SYNONYMS[f"last {word}"] = (f"last {name}",)
