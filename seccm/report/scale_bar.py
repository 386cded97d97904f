"""The bar in a picture that says how long it is."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

_BARS = (20e-9, 50e-9, 100e-9, 200e-9, 500e-9, 1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6, 100e-6)


def scale_bar(axes: Axes, shape: tuple[int, ...], pixel: float, colour: str = "white") -> None:
    """Draw a bar of a round length, about a fifth of the width, in the lower left corner.

    Args:
        axes: with the picture, in pixels.
        shape: rows and columns of the picture.
        pixel: metres per pixel.
        colour: of bar and text: "white" on a dark picture, "black" on a light one.
    """
    width = shape[1] * pixel
    length = min(_BARS, key=lambda bar: abs(math.log(bar / (0.2 * width))))
    x, y, high = 0.05 * shape[1], 0.95 * shape[0], 0.012 * shape[0]
    axes.add_patch(Rectangle((x, y - high), length / pixel, high, color=colour, lw=0))
    text = f"{length * 1e9:.0f} nm" if length < 1e-6 else f"{length * 1e6:.0f} µm"
    axes.text(
        x + length / pixel / 2, y - 2 * high, text, ha="center", va="bottom", color=colour,
        fontsize=7, fontweight="bold",
        bbox={"fc": "black" if colour == "white" else "white", "alpha": 0.5, "lw": 0, "pad": 1},
    )  # fmt: skip
