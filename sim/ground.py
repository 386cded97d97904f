"""The sample: its regions, and what landings have left on each."""

from __future__ import annotations

from sim.chance import stream
from sim.config import SurfaceConfig
from sim.surface import Residues, Surface

REGION_HEIGHT = 1e-6
"""Standard deviation of the height of a region of the sample, metres."""
REGION_TILT = 1e-3
"""That of its slope."""


class Ground:
    """One region of the sample, and what landings have left there.

    Args:
        surface: its surface.
        seed: of what is drawn once for each landing; every region has a scatter of its own.
    """

    def __init__(self, surface: Surface, seed: int) -> None:
        self.surface, self.seed = surface, seed
        self.residues = Residues()
        self._visits: dict[tuple[int, int], int] = {}
        self._landed: list[tuple[int, int]] = []
        """The places of all landings, false ones included, in nanometres."""

    @classmethod
    def of_region(cls, config: SurfaceConfig, extent: float, label: str, seed: int) -> Ground:
        """Return a region where nobody has landed, other than the first one.

        Args:
            config: of the surface of the first region.
            extent: travel of the stage, metres.
            label: of the region.
            seed: of the whole run.
        """
        rng = stream(seed, "region", *map(ord, label))
        own = int(rng.integers(2**31))
        rise, tilt_x, tilt_y = rng.standard_normal(3).tolist()
        shape = config.model_copy(
            update={
                "height": config.height + REGION_HEIGHT * rise,
                "tilt_x": config.tilt_x + REGION_TILT * tilt_x,
                "tilt_y": config.tilt_y + REGION_TILT * tilt_y,
            }
        )
        return cls(Surface(shape, extent, own), own)

    @property
    def landings(self) -> int:
        """How many there have been."""
        return len(self._landed)

    def key(self, x: float, y: float) -> tuple[int, int, int]:
        """Name the next landing at a place, in metres, for everything that is drawn once for it."""
        place = round(x * 1e9), round(y * 1e9)
        return *place, self._visits.get(place, 0)

    def land(self, key: tuple[int, int, int]) -> None:
        """Take in a landing."""
        self._visits[key[:2]] = key[2] + 1
        self._landed.append(key[:2])

    def forget(self, landings: int, residues: int) -> None:
        """Take back all but the first so many landings and discs of liquid."""
        self.residues.forget(residues)
        for place in self._landed[landings:]:
            self._visits[place] -= 1
        del self._landed[landings:]
