"""The particles of a micrograph while a person looks at them and mends what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seccm import session
from seccm.arrays import FloatArray
from seccm.imaging.sem.amounts import Shape
from seccm.imaging.sem.census import Census
from seccm.imaging.sem.edits import Added, Divided, Edit, Resized, Struck
from seccm.imaging.sem.files import edits_in, places
from seccm.session.micrographs import Looked
from seccm.typography import counted
from ui.models.histogram import histogram
from ui.models.pictures import LEFT_OUT, PARTICLE, Circle

_CM2 = 1e-4


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram of diameters and what was fitted to it."""

    edges: FloatArray
    """Metres, shape (bars + 1,)."""
    heights: FloatArray
    """Particles, shape (bars,)."""
    curves: tuple[tuple[str, FloatArray, FloatArray], ...]
    """Name, diameters in metres and particles per bar of each normal distribution."""


@dataclass
class Counting:
    """One picture, its edits and its footprint; nothing is written before `save`."""

    looked: Looked
    footprint: str = ""
    shape: Shape = "sphere"
    edits: list[Edit] = field(default_factory=list)
    undone: list[Edit] = field(default_factory=list)
    saved: bool = True
    """Whether the files beside the picture have all edits."""

    @classmethod
    def opened(cls, picture: Path, pixel: float | tuple[float, float] | None = None) -> Counting:
        """Look for the particles of a picture, and take up the edits that it has.

        Raises:
            PlanError: the picture, or the summary beside it, cannot be used.
        """
        edits = list(edits_in(places(picture).summary))
        return cls(session.look_for_particles(picture, pixel), edits=edits)

    def census(self) -> Census:
        """Count with all edits, and leave out those that cannot be made.

        Raises:
            PlanError: the footprint cannot be used.
        """
        found = session.census_of(
            self.looked, footprint=self.footprint, shape=self.shape, edits=self.edits
        )
        if found.left:
            self.edits = [edit for edit in self.edits if edit not in found.left]
        return found

    def edit(self, made: Edit) -> None:
        """Add an edit; what was undone before is gone."""
        self.edits.append(made)
        self.undone.clear()
        self.saved = False

    def undo(self) -> bool:
        """Take the last edit back; says whether there was one."""
        if not self.edits:
            return False
        self.undone.append(self.edits.pop())
        self.saved = False
        return True

    def redo(self) -> bool:
        """Make again what was taken back last; says whether there was anything."""
        if not self.undone:
            return False
        self.edits.append(self.undone.pop())
        self.saved = False
        return True

    def save(self, found: Census) -> Path:
        """Write table and summary beside the picture; returns the summary's path.

        Raises:
            PlanError: they cannot be written.
        """
        made = session.write_count(
            self.looked, found, footprint=self.footprint, edits=tuple(self.edits)
        )
        self.saved = True
        return made.files.summary


def particle_at(found: Census, x: float, y: float) -> int | None:
    """Return the number, from 0, of the particle at a place in metres; None of the ground."""
    particles = found.particles
    row, column = int(y // particles.pixel), int(x // particles.pixel)
    rows, columns = particles.labels.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return None
    number = int(particles.labels[row, column])
    return number - 1 if number else None


def struck(found: Census, number: int) -> Struck:
    """Return the edit that takes a particle away."""
    return Struck(*_inside(found, number))


def resized(found: Census, number: int, diameter: float) -> Resized:
    """Return the edit that gives a particle another diameter, metres."""
    return Resized(*_inside(found, number), diameter)


def divided(found: Census, number: int) -> Divided | None:
    """Return the edit that divides a particle across its longer axis; None of a single pixel."""
    particles = found.particles
    rows, columns = np.nonzero(particles.labels == number + 1)
    if rows.size < 2:
        return None
    at = np.column_stack([columns, rows]) + 0.5
    middle = at.mean(axis=0)
    along = np.linalg.svd(at - middle, full_matrices=False)[2][0]
    side = (at - middle) @ along
    if not np.ptp(side) > 0:
        return None
    # Of each half the pixel next to its middle: both must be in the particle.
    ends = []
    for half in (at[side <= 0], at[side > 0]):
        if not len(half):
            return None
        ends.append(half[np.argmin(((half - half.mean(axis=0)) ** 2).sum(axis=1))])
    (x, y), (other_x, other_y) = (end * particles.pixel for end in ends)
    return Divided(float(x), float(y), float(other_x), float(other_y))


def added(x: float, y: float, diameter: float) -> Added:
    """Return the edit that adds a particle; metres."""
    return Added(x, y, diameter)


def _inside(found: Census, number: int) -> tuple[float, float]:
    """Return a place in a particle: its middle, or the pixel of it that is nearest to that."""
    particles = found.particles
    x, y = float(particles.x[number]), float(particles.y[number])
    if particle_at(found, x, y) == number:
        return x, y
    rows, columns = np.nonzero(particles.labels == number + 1)
    at = (np.column_stack([columns, rows]) + 0.5) * particles.pixel
    near = at[np.argmin(((at - (x, y)) ** 2).sum(axis=1))]
    return float(near[0]), float(near[1])


def circles(found: Census) -> list[Circle]:
    """Return what to draw over the picture."""
    particles = found.particles
    return [
        Circle(
            float(particles.x[k]), float(particles.y[k]), float(particles.diameter[k]),
            PARTICLE if particles.counted[k] else LEFT_OUT, f"{1e9 * particles.diameter[k]:.1f} nm",
        )
        for k in range(len(particles))
    ]  # fmt: skip


def bars(found: Census) -> Bars | None:
    """Return the histogram of the diameters with what was fitted; None of no particles."""
    sizes = found.particles.sizes
    if not sizes.size or found.particles.crowded:
        return None
    edges, heights = histogram(sizes)
    x = np.linspace(edges[0], edges[-1], 200)
    width = float(edges[1] - edges[0])
    curves = []
    for part in found.sizes:
        if part.sd > 0:
            scale = part.share * sizes.size * width / (part.sd * math.sqrt(2 * math.pi))
            y = scale * np.exp(-(((x - part.mean) / part.sd) ** 2) / 2)
            name = f"{1e9 * part.mean:.0f} ± {1e9 * part.sd:.0f} nm ({100 * part.share:.0f} %)"
            curves.append((name, x, y))
    return Bars(edges, heights.astype(float), tuple(curves))


def words(found: Census, notes: tuple[str, ...] = ()) -> list[str]:
    """Return what was found, a line each; as found and corrected side by side."""
    particles, raw, right = found.particles, found.found, found.corrected
    said = [
        f"{counted(int(particles.counted.sum()), 'particle')} in "
        f"{1e12 * particles.area:.4g} µm²; coverage {100 * particles.coverage:.1f} %"
    ]
    if math.isfinite(raw.density):
        scatter = f" ± {100 * found.of_count:.0f} %" if math.isfinite(found.of_count) else ""
        density = f"{raw.density * _CM2:.3g}{scatter} per cm² as found"
        mean = f"{1e9 * raw.mean:.1f} ± {1e9 * raw.sd:.1f} nm as found"
        lithium = f"{1e5 * found.amount.per_area:.3g} nmol/cm² as found"
        if math.isfinite(right.density):
            density += f", {right.density * _CM2:.3g} corrected"
            mean += f", {1e9 * right.mean:.1f} nm corrected"
            lithium += f", {1e5 * found.amount_corrected.per_area:.3g} corrected"
        said.append(density)
        if math.isfinite(raw.mean):
            said += [f"Diameter {mean}", f"Lithium {lithium}, as {found.shape}s"]
    if math.isfinite(right.limit):
        said.append(f"Below {1e9 * right.limit:.0f} nm mostly not found")
    said += [
        f"{zone.name.capitalize()}: {zone.density * _CM2:.3g} ± {zone.density_error * _CM2:.2g} "
        "per cm²"
        + (f", {1e9 * zone.mean:.1f} ± {1e9 * zone.sd:.1f} nm" if math.isfinite(zone.mean) else "")
        for zone in found.zones
    ]
    return [*said, *(each.rstrip(".") for each in (*found.doubts, *notes))]
