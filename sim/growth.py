"""What the particles of a virtual lithium cell did, in the numbers that a film is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from sim.lithium import LithiumCell


@dataclass
class Growth:
    """Births and growth of the particles of a cell, from one note to the next.

    All particles grow and shrink by one path, but for those that are born on the way.
    """

    born: float = 0.0
    """Particles born until now, per m^2; those that have dissolved, too."""
    path: float = 0.0
    """By how much the radius of a particle that was there from the beginning has grown, m."""
    lithium: float = 0.0
    """Charge in metal, C/m^2, as a positive number."""
    other: float = 0.0
    """Charge in interphase and alloy, C/m^2, as a positive number."""
    _there: float = 0.0
    _squares: float = 0.0
    _cubes: float = 0.0

    def note(self, cell: LithiumCell) -> None:
        """Take note of what the cell is now."""
        deposit, ledger = cell.deposit, cell.ledger
        radii = deposit.diameters / 2
        squares = float((deposit.densities * radii**2).sum())
        cubes = float((deposit.densities * radii**3).sum())
        new = max(0.0, deposit.nuclei - self._there)
        grown = cubes - self._cubes - new * cell.parameters.nucleus_radius**3
        middle = (self._squares + squares) / 2 if self._squares else squares
        # d(sum of r^3) = 3 (sum of r^2) dr + what was born.
        if middle > 0:
            self.path += grown / (3 * middle)
        self._there, self._squares, self._cubes = deposit.nuclei, squares, cubes
        self.born += new
        other = ledger.sei + ledger.solvent + ledger.parasitic + ledger.alloy1 + ledger.alloy2
        self.other, self.lithium = -other / deposit.area, -ledger.lithium / deposit.area
