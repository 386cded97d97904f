"""A cell with the capacitance of the leads beside it, under a current that both of them share.

Theory of operation. The electrometer stands before the leads, so what a galvanostat imposes, and
what is measured, is the current of the cell and of the leads together,

    I = I_cell + C dE/dt,    E = E(I_cell).

Over a few hundred short steps a cell answers a small change of its current like a linear system
whose answer to a pulse a copy of it shows. With that answer the shared current is found by
Newton's rule for all steps at once, and by as many rounds as a bent cell needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from sim.cell import Cell

MOST_STEPS = 512
"""That are solved together."""
_ROUNDS = 12
_CLOSE, _LITTLE = 1e-9, 1e-15
"""Of the largest current: by how much what is shared out may miss what is imposed. Of amperes: the
least that counts."""
_ROOT_STEPS = 60


def under_current(
    cell: Cell, wave: FloatArray, step: float, capacitance: float, held: float
) -> tuple[FloatArray, Cell]:
    """Drive cell and leads through currents, as far as they are solved together.

    Args:
        cell: its state stays.
        wave: amperes, shape (n,), at least one and at most `MOST_STEPS`.
        step: seconds.
        capacitance: of the leads in F.
        held: volts of the leads at the beginning.

    Returns:
        The potential at the end of each of the first steps, and the cell as it is then. All n
        of them, but for a cell that is bent too much.

    Raises:
        ArithmeticError: the cell has no solution, or is open.
    """
    while len(wave) > 1:
        solved = _together(cell, wave, step, capacitance / step, held)
        if solved is not None:
            return solved
        wave = wave[: len(wave) // 2]
    return _one(cell, float(wave[0]), step, capacitance, held)


def _together(
    cell: Cell, wave: FloatArray, step: float, share: float, held: float
) -> tuple[FloatArray, Cell] | None:
    """Solve all steps at once; None if the cell is bent too much for that."""
    inside = wave.copy()
    potential, after = _driven(cell, inside, step)
    answer: FloatArray | None = None
    for _ in range(_ROUNDS):
        missed = wave - share * np.diff(potential, prepend=held) - inside
        largest = float(np.abs(missed).max())
        if largest <= _CLOSE * max(float(np.abs(wave).max()), _LITTLE):
            return potential, after
        if answer is None:
            pulse = np.zeros(len(wave))
            pulse[0] = largest
            answer = (_driven(cell, inside + pulse, step)[0] - potential) / largest
            answer = share * np.diff(answer, prepend=0.0)
            answer[0] += 1.0
        inside = inside + scipy.signal.lfilter([1.0], answer, missed)
        potential, after = _driven(cell, inside, step)
    return None


def _one(
    cell: Cell, current: float, step: float, capacitance: float, held: float
) -> tuple[FloatArray, Cell]:
    """Solve one step, of any cell whose potential rises with its current."""

    def excess(charge: float) -> float:
        potential, _ = _driven(cell, np.array([current + charge / step]), step)
        return charge - capacitance * (held - float(potential[0]))

    charge = root(excess, excess(0.0), _CLOSE)
    return _driven(cell, np.array([current + charge / step]), step)


def _driven(cell: Cell, current: FloatArray, step: float) -> tuple[FloatArray, Cell]:
    trial = cell.copy()
    potential = trial.run("current", current, step).potential
    if not np.isfinite(potential).all():
        raise ArithmeticError("an open end takes no current")
    return potential, trial


def root(excess: Callable[[float], float], start: float, tolerance: float = 1e-4) -> float:
    """Find the charge at which a rising function is zero.

    Args:
        excess: the function; it rises at least as fast as its argument.
        start: its value at zero.
        tolerance: relative to that.
    """
    known, value = 0.0, start
    # It rises at least as fast as its argument, so the root lies no farther than this.
    far, beyond = -start, excess(-start)
    for _ in range(_ROOT_STEPS):
        if abs(beyond) <= tolerance * abs(start) or far == known:
            break
        usable = math.isfinite(beyond)
        guess = far - beyond * (far - known) / (beyond - value) if usable else (known + far) / 2
        level = excess(guess)
        if math.isfinite(level) and math.copysign(1.0, level) == math.copysign(1.0, value):
            known, value = guess, level
        else:
            far, beyond = guess, level
        if abs(value) <= tolerance * abs(start):
            return known
    return far
