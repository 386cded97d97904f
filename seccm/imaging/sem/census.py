"""All that is asked of one micrograph: numbers, sizes and lithium, as found and corrected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seccm.arrays import FloatArray
from seccm.imaging.sem import boolean_model
from seccm.imaging.sem.amounts import Amount, Shape, amount
from seccm.imaging.sem.edits import Edit, edited
from seccm.imaging.sem.model_image import Look
from seccm.imaging.sem.particles import CROWDED, Particles, find
from seccm.imaging.sem.recount import Measured, Recount, measured, recount
from seccm.imaging.sem.region import centre_of
from seccm.imaging.sem.separation import Mask
from seccm.imaging.sem.sizes import Normal, distribution

FEWEST = 2
"""Whole particles from which images can be drawn that give what was found."""

_SHADELESS = math.log(0.1)
"""Mismatch of a ground that has next to no noise."""
_MOSTLY = 0.6
"""Coverage that no particles on a ground have."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the footprint."""

    name: str
    area: float
    """m^2."""
    density: float
    """Per m^2."""
    density_error: float
    """Standard deviation if particles fall independently: the root of their number, per m^2."""
    mean: float
    """Metres, of the diameter."""
    sd: float
    """Metres."""


@dataclass(frozen=True, slots=True)
class Census:
    """What a micrograph says. NaN stands where it says nothing."""

    particles: Particles
    found: Measured
    """As the analysis finds it; density NaN where particles are crowded."""
    corrected: Recount
    """What is really there, as far as drawn images tell; NaN where they look different."""
    unseparated: float
    """Number per area from the shape of all particles together, m^-2: a second opinion."""
    zones: tuple[Zone, ...]
    """Centre and edge; none where no footprint is given."""
    sizes: tuple[Normal, ...]
    """One or two normal distributions of the diameters."""
    amount: Amount
    """Lithium as found."""
    amount_corrected: Amount
    shape: Shape
    left: tuple[Edit, ...]
    """Edits that could not be made: nothing is there."""
    doubts: tuple[str, ...]
    """Why numbers are missing or should not be trusted, as sentences."""

    @property
    def of_count(self) -> float:
        """Return the standard deviation of the number of particles over that number.

        `1 / sqrt(N)`, if they fall independently of one another; NaN of none. It is that of
        numbers per area, too, as found and corrected; what lies below the limit of detection is
        in neither.
        """
        count = int(self.particles.counted.sum())
        return 1 / math.sqrt(count) if count else math.nan


def census(
    image: FloatArray,
    pixel: float,
    region: Mask | None = None,
    *,
    look: Look | None = None,
    shape: Shape = "sphere",
    edits: tuple[Edit, ...] = (),
    seen: Particles | None = None,
) -> Census:
    """Count and measure the particles of a micrograph.

    Args:
        image: shape (rows, columns); particles are bright.
        pixel: metres per pixel.
        region: the footprint, shape (rows, columns); the whole image unless given.
        look: how the microscope shows particles, for the correction.
        shape: of the particles.
        edits: that a person made; such numbers are not corrected, for nobody edits drawn images.
        seen: the particles of the image, where they were found already.
    """
    by_hand, left = edited(find(image, pixel) if seen is None else seen, edits)
    if region is not None:
        by_hand = by_hand.within(region)
    doubts: list[str] = []
    if by_hand.crowded:
        doubts.append(
            f"Particles cover {100 * by_hand.coverage:.0f} % of the footprint (limit "
            f"{100 * CROWDED:.0f} %): they cannot be told apart, and have no number."
        )
        if by_hand.coverage > _MOSTLY:
            doubts.append(
                "Where so much is bright, particles may be darker than the ground (--dark), or the "
                "picture may show something else."
            )
        return _crowded(by_hand, shape, left, tuple(doubts))
    found = measured(by_hand)
    nothing = Recount(math.nan, math.nan, math.nan, math.nan, math.nan)
    corrected = nothing
    if edits and len(left) < len(edits):
        doubts.append("There are manual edits: no correction by drawn images is given.")
    elif not len(by_hand):
        doubts.append("No particle stands out from the ground.")
    elif by_hand.sizes.size < FEWEST:
        doubts.append("Too few particles for a correction by drawn images.")
    else:
        corrected = recount(image, by_hand, look or Look())
        if not corrected.trusted:
            doubts.append(
                f"{_unlike(corrected.mismatch)}: no correction is given. The numbers as found may "
                "be wrong by half."
            )
    raw = amount(by_hand, shape)
    factor = corrected.volume / found.volume if found.volume else math.nan
    return Census(
        particles=by_hand,
        found=found,
        corrected=corrected,
        unseparated=boolean_model.density(by_hand.mask, pixel) if region is None else math.nan,
        zones=_zones(by_hand) if region is not None else (),
        sizes=distribution(by_hand.sizes),
        amount=raw,
        amount_corrected=Amount(raw.per_area * factor, raw.error * factor),
        shape=shape,
        left=left,
        doubts=tuple(doubts),
    )


def _unlike(mismatch: float) -> str:
    """Return how the ground of a picture differs from that of drawn ones."""
    if mismatch > _SHADELESS:
        return (
            f"The ground of the picture is {math.exp(mismatch):.1f} times as rough as that of the "
            "drawn images"
        )
    if mismatch <= _SHADELESS:
        return "The ground of the picture is of one shade, as if it was clipped or drawn"
    return "In drawn images no such particles are found"


def growth_rate(diameter: float, nucleation: float, duration: float) -> float:
    """Return by how much the diameter of particles grew in a second, m/s; NaN if they had no time.

    `d / (duration - t_nuc)`: 92 nm after 60 s with nucleation at 17.7 s are 2.17 nm/s.

    Args:
        diameter: mean at the end, m.
        nucleation: when they began, s.
        duration: of the experiment, s.
    """
    grown = duration - nucleation
    return diameter / grown if grown > 0 else math.nan


def _zones(found: Particles) -> tuple[Zone, ...]:
    inner = centre_of(found.region)
    return tuple(
        _zone(name, found.within(part))
        for name, part in (("centre", inner), ("edge", found.region & ~inner))
    )


def _zone(name: str, found: Particles) -> Zone:
    here = measured(found)
    error = math.sqrt(float(found.counted.sum())) / found.area
    return Zone(name, found.area, here.density, error, here.mean, here.sd)


def _crowded(
    particles: Particles, shape: Shape, left: tuple[Edit, ...], doubts: tuple[str, ...]
) -> Census:
    nan = math.nan
    # The volume of heaps of particles is that of no spheres.
    return Census(
        particles=particles,
        found=Measured(nan, nan, nan, nan),
        corrected=Recount(nan, nan, nan, nan, nan),
        unseparated=nan,
        zones=(),
        sizes=(),
        amount=Amount(nan, nan),
        amount_corrected=Amount(nan, nan),
        shape=shape,
        left=left,
        doubts=doubts,
    )
