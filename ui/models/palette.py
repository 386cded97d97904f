"""The colours and sizes of the window: two palettes of our own, and measures in millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass

MM = 1.0 / 25.4
"""Inches in a millimetre."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by their task. Text on its ground has a contrast of at least 4.5 to 1."""

    name: str
    ground: str
    """Behind everything."""
    panel: str
    """Behind plots and forms."""
    raised: str
    """Buttons and fields."""
    hover: str
    border: str
    text: str
    muted: str
    faint: str
    """What cannot be pressed now."""
    accent: str
    accent_text: str
    good: str
    warn: str
    bad: str
    danger: str
    """The emergency button and alarms."""
    danger_hover: str
    start: str
    start_hover: str
    potential: str
    current: str
    charge: str
    signal: str
    before: str
    """Earlier sites, behind the active one."""
    mean: str
    pending: str
    overlays: tuple[str, ...]
    """Curves of several sites, told apart by colour-blind readers too (Okabe and Ito)."""
    conditions: tuple[str, ...]
    """Levels that have an order, in equal steps along viridis: the part of it that is seen on the
    panel."""


DARK = Palette(
    name="dark",
    ground="#12151a", panel="#191d24", raised="#262c36", hover="#323a47", border="#363e4b",
    text="#e8ebf0", muted="#9aa5b5", faint="#66707f", accent="#58b8e8", accent_text="#0c1218",
    good="#3fbf8f", warn="#f2b33d", bad="#ff7a70", danger="#c9302c", danger_hover="#d63b36",
    start="#1f7a4d", start_hover="#238453",
    potential="#f5b84a", current="#5cc3f5", charge="#8fd694", signal="#e59ad0",
    before="#56606f", mean="#c6ced9", pending="#2c333e",
    overlays=("#5cc3f5", "#f5b84a", "#4fd1a1", "#f08a5d", "#e59ad0", "#f4e04d", "#8ab4ff",
              "#d9d9d9"),
    conditions=("#2b748e", "#25858e", "#1e978a", "#2db27d", "#56c667", "#8bd646", "#c2df23",
                "#fde725"),
)  # fmt: skip
LIGHT = Palette(
    name="light",
    ground="#eef0f3", panel="#ffffff", raised="#f6f7f9", hover="#e4e8ed", border="#cbd2da",
    text="#18202a", muted="#566171", faint="#566171", accent="#0b6fa4", accent_text="#ffffff",
    good="#0a7d55", warn="#8f5b00", bad="#b3261e", danger="#c62828", danger_hover="#a81f1f",
    start="#1b7a48", start_hover="#15633a",
    potential="#b25600", current="#0067a8", charge="#1f7a3d", signal="#a0307e",
    before="#b9c1cb", mean="#4a5563", pending="#dfe3e8",
    overlays=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5195", "#b8860b", "#3a86c8",
              "#555555"),
    conditions=("#440154", "#48206f", "#443a83", "#3a528b", "#306a8e", "#277f8e", "#1f948c"),
)  # fmt: skip
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}

OUTCOME_COLOURS = {
    "planned": "", "running": "#e69f00", "ok": "#009e73", "no contact": "#d55e00",
    "skipped": "#7f8a99", "aborted": "#cc79a7", "fault": "#c8102e",
    "no contact at the known surface": "#8b4513",
}  # fmt: skip
"""The same as in the figures of the report, where these are no grey; planned ones take the
palette's own."""

COLOUR_MAPS = {
    "viridis": "viridis",
    "cividis": "cividis",
    "inferno": "inferno",
    "blue to yellow": "CET-CBL2",
    "blue–white–yellow": "CET-CBD1",
    "grey": "CET-L1",
}
"""Maps that colour-blind readers can follow, by the name shown."""


def small(font: int) -> int:
    """Return the height of the smallest letters, in pixels: 9 points where usual ones have 9.75."""
    return math.ceil(font * 12 / 13)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large things are, in pixels of this screen."""

    font: int
    readout: int
    target: int
    """Height of a button."""
    icon: int
    gap: int
    radius: int
    glove: bool = False

    @classmethod
    def of(cls, dots_per_inch: float, *, glove: bool, scale: float = 0.0) -> Sizes:
        """Choose sizes for a screen.

        Args:
            dots_per_inch: the true ones, from the screen's size in millimetres.
            glove: targets of 22 mm and read-outs of 15 mm, for gloved hands.
            scale: how many times the usual size; 0 to reckon it from the screen.
        """
        dots = min(max(dots_per_inch, 72.0), 320.0)
        scale = scale or min(max(dots / 96.0, 1.0), 3.0)
        if glove:
            return cls(
                font=round(15 * scale), readout=round(15 * MM * dots), target=round(22 * MM * dots),
                icon=round(9 * MM * dots), gap=round(6 * scale), radius=round(8 * scale),
                glove=True,
            )  # fmt: skip
        return cls(
            font=round(13 * scale), readout=round(17 * scale), target=round(34 * scale),
            icon=round(20 * scale), gap=round(6 * scale), radius=round(6 * scale),
        )  # fmt: skip
