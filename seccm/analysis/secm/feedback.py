"""The steady current of a disk microelectrode over a surface, as a share of that far away.

A mediator reacts at the tip as fast as it comes; the surface returns it with a rate constant k of
first order, or not at all. Lengths are in radii a of the disk: L is its distance from the surface,
RG the radius of tip and glass together. kappa = k a / D is the rate constant. All of the curves
come to 1 far away: they are normalised by the current that was measured there, and not by
4 n F D c a, which a disk in a finite glass exceeds by 1.4 % (RG 10) to 10 % (RG 2).

Sources: conductor C. Lefrou, J. Electroanal. Chem. 592 (2006) 103; insulator R. Cornut and
C. Lefrou, J. Electroanal. Chem. 608 (2007) 59; finite kinetics R. Cornut and C. Lefrou, J.
Electroanal. Chem. 621 (2008) 178, with the exponent -0.0236 RG of kappa, whose sign is the opposite
in some copies. A numerical solution of the diffusion problem agrees within 3 % of the current, or
of that far away if it is larger, from L = 0.1 to 20 and RG = 2 to 10 (`sim.feedback`).
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray

NEAREST = 0.1
"""The least distance, in radii, at which the curve of finite kinetics holds."""
THINNEST, THICKEST = 1.1, 20.0
"""RG for which it holds."""


def accuracy(rg: float) -> float:
    """Return the standard deviation of the curves from a numerical solution.

    As a share of the current, or of that far away if it is larger.
    """
    return 0.01 if rg >= 5.0 else 0.02


def conductor(distance: FloatArray, rg: float | FloatArray) -> FloatArray:
    """Return the current over a surface that returns all of the mediator; RG from 1.1 on, any L.

    Args:
        distance: L, radii of the disk, above 0.
        rg: radius of the glass over that of the disk.
    """
    theta = 2.0 / math.pi * np.arccos(1.0 / np.asarray(rg))
    alpha = math.log(2.0) * (1.0 + (1.0 - theta) - (1.0 - theta**2))
    beta = 1.0 + 0.639 * (1.0 - theta) - 0.186 * (1.0 - theta**2)
    angle = np.arctan(distance)
    rest = (1.0 - alpha - 0.5 / beta) * 2.0 / math.pi
    current: FloatArray = alpha + math.pi / (4.0 * beta * angle) + rest * angle
    return current


def insulator(distance: FloatArray, rg: float | FloatArray) -> FloatArray:
    """Return the current over a surface that returns nothing; RG from 1.1 on.

    Args:
        distance: L, radii of the disk, above 0.
        rg: radius of the glass over that of the disk.
    """
    glass = np.asarray(rg)
    wide = 2.08 / glass**0.358
    above = wide * (distance - 0.145 / glass) + 1.585
    rim = 2.0 / (math.pi * glass) * np.log1p(math.pi * glass / (2.0 * distance))
    below = wide * (distance + 0.0023 * glass) + 1.57 + np.log(glass) / distance + rim
    current: FloatArray = above / below
    return current


def finite(distance: FloatArray, rg: float | FloatArray, kappa: float | FloatArray) -> FloatArray:
    """Return the current over a surface of finite kinetics; L from 0.1 on, RG from 1.1 to 20.

    Args:
        distance: L, radii of the disk, above 0.
        rg: radius of the glass over that of the disk.
        kappa: k a / D, 0 or more; infinite is a conductor.
    """
    glass, rate = np.broadcast_arrays(np.asarray(rg, float), np.asarray(kappa, float))
    slow = insulator(distance, glass)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fast = conductor(distance + 1.0 / rate, glass)
        power = -0.0236 * glass + 0.91
        first = 1.0 + 2.47 * glass**0.31 * distance * rate
        second = 1.0 + distance ** (0.006 * glass + 0.113) * rate**power
        mixed = fast + (slow - 1.0) / (first * second)
    found: FloatArray = np.where(rate == 0.0, slow, mixed)
    return found
