"""The panels of the signals that a rig file adds, kept to those that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seccm.rig import Signal
from ui.panels import CurvePanel, kind_of


def offer_signals(
    panels: dict[str, CurvePanel],
    signals: Sequence[Signal],
    *,
    empty: str,
    drop: Callable[[str], object],
    add: Callable[[str, str, CurvePanel], object],
    dress: Callable[[CurvePanel], Any],
) -> None:
    """Have a panel for each of these signals, and for no others; the usual panels stay.

    Args:
        panels: by name; changed in place.
        signals: of the rig file of what is shown.
        empty: what a panel says while there is nothing to draw.
        drop: lets go of the panel of a name, which is still among the panels.
        add: shows a new panel; told its name, its words and the panel.
        dress: gives a panel that is new, or of another signal than before, its look.
    """
    kinds = {kind.name: kind for kind in map(kind_of, signals)}
    for name in [n for n, p in panels.items() if p.kind.signal and n not in kinds]:
        drop(name)
        del panels[name]
    for name, kind in kinds.items():
        if name in panels and panels[name].kind == kind:
            continue
        if name not in panels:
            panels[name] = CurvePanel(kind, empty)
            add(name, kind.words, panels[name])
        panels[name].kind = kind
        dress(panels[name])
