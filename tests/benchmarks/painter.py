"""Draws plots as fast as it can, for the benchmark of the stop: company on a shared computer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import numpy.typing as npt

Painter = Callable[[int], None]


def main() -> None:
    """Draw plots until the input ends; the first line says that drawing begins, the last how many.

    pyqtgraph, as the window does it, if it is installed; else matplotlib.
    """
    rng = np.random.default_rng(1)
    curves = np.cumsum(rng.standard_normal((6, 20_000)), axis=1)
    paint = painted_by_qt(curves)
    over = time.monotonic() + 3600.0
    paint(0)
    say("drawing")
    frames, open_ = 0, True
    os.set_blocking(sys.stdin.fileno(), False)
    while open_ and time.monotonic() < over:
        paint(frames)
        frames += 1
        with suppress(BlockingIOError):
            open_ = os.read(sys.stdin.fileno(), 1) != b""
    say(str(frames))


def painted_by_qt(curves: npt.NDArray[np.float64]) -> Painter:
    """Return what paints one more picture."""
    try:
        import pyqtgraph as pg
    except ImportError:
        return painted_by_matplotlib(curves)
    app = pg.mkQApp()
    plots = pg.GraphicsLayoutWidget(size=(1200, 800))
    lines = [plots.addPlot(row=k // 2, col=k % 2).plot(pen="w") for k in range(len(curves))]
    plots.show()

    def paint(frame: int) -> None:
        for line, curve in zip(lines, curves, strict=True):
            line.setData(np.roll(curve, frame * 100))
        plots.grab()
        app.processEvents()

    return paint


def painted_by_matplotlib(curves: npt.NDArray[np.float64]) -> Painter:
    """Return what paints one more picture."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    lines = axes.plot(curves.T)

    def paint(frame: int) -> None:
        for line, curve in zip(lines, curves, strict=True):
            line.set_ydata(np.roll(curve, frame * 100))
        figure.canvas.draw()

    return paint


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
