"""What records a film of a virtual sample, and what the microscope does to the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim import thin_films

Frames = npt.NDArray[np.uint16]
INDEX, WAVELENGTH = thin_films.ELECTROLYTE.real, thin_films.WAVELENGTH
"""Of the electrolyte, and of the lamp in metres: what folding depends on."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What records the film."""

    pixel: float = 40e-9
    """Metres of the sample per pixel."""
    rate: float = 4.3
    """Frames per second."""
    jitter: float = 0.02
    """Standard deviation of the time between two frames, relative."""
    level: float = 2500.0
    """Mean brightness, of 4095 counts."""
    full_well: float = 1e4
    """Electrons at 4095 counts."""
    read_noise: float = 6.0
    """Electrons."""


@dataclass(frozen=True, slots=True)
class Optics:
    """What the microscope does to the light."""

    contrast: float = 0.04
    """Relative change of brightness per nanometre of a flat film of lithium."""
    other: float = 0.25
    """Contrast of interphase and alloy over that of lithium, per charge."""
    wetting: float = thin_films.wetting()
    """Relative change where the droplet wets: of gold of 20 nm under propylene carbonate, by the
    reflections of its layers."""
    spot: float = 150e-9
    """Standard deviation of the spot, metres."""
    folding: bool = False
    """Whether the contrast of a particle turns over as it grows, as light does that travels
    through it twice."""
    texture: float = 0.03
    """Standard deviation of the gold's own brightness, relative."""
    lamp: float = 0.002
    """Standard deviation of the lamp from frame to frame, relative."""
    drift: tuple[float, float] = (30e-9, -20e-9)
    """Metres a minute, along rows and columns."""
    walk: float = 2e-9
    """Random drift, metres per root second."""
    noise: bool = True
    """Whether photons, camera and lamp are noisy."""
