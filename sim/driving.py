"""What is imposed on a virtual cell, one value a step: made ready before, looked at afterwards."""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Mode

CURRENT, POTENTIAL, OPEN = 0, 1, 2
"""What is imposed, as compiled equations are told."""
MODES: dict[Mode, int] = {"current": CURRENT, "potential": POTENTIAL, "open": OPEN}


def imposed(mode: Mode, wave: FloatArray, step: float) -> FloatArray:
    """Return a copy of what is imposed; an open circuit is one of no current.

    Args:
        mode: what it is.
        wave: shape (n,), A or V.
        step: seconds from value to value.

    Raises:
        ValueError: the step is not positive.
    """
    if not step > 0.0:
        raise ValueError(f"a step must last longer than 0 s, not {step} s")
    return np.zeros(len(wave)) if mode == "open" else np.array(wave, dtype=np.float64)


def require_solved(mode: Mode, wave: FloatArray, solved: int, potential: float) -> None:
    """Refuse the answer of a cell whose equations were not solved to the last step.

    Args:
        mode: what was imposed.
        wave: shape (n,), A or V.
        solved: steps that have a solution.
        potential: V, at the end of the last one of them.

    Raises:
        ArithmeticError: a step has no solution.
    """
    if solved < wave.size:
        raise ArithmeticError(
            f"no solution for {mode} {wave[solved]:g} at step {solved} of {wave.size}, "
            f"from {potential:g} V"
        )
