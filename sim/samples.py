"""Which virtual cell stands for which mounted sample, and how it scatters from site to site."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from seccm.analysis.impedance import Circuit as Written
from seccm.errors import PlanError, Problem
from seccm.rig import Mounted
from seccm.units import show
from sim.bath import Bath
from sim.cell import Cell
from sim.config import VirtualConfig
from sim.disk import DiskCell
from sim.dummy import OPEN, Circuit, DummyCell
from sim.equivalent import EquivalentCell, chain_of
from sim.impacts import ImpactCell, Suspension, Train
from sim.liquid import Liquid
from sim.lithium import LithiumCell, LithiumParameters
from sim.mediator import Mediator, MediatorParameters, Spot
from sim.meniscus import Pipette, interpolated
from sim.particle import Particle, ParticleParameters
from sim.redox import RedoxCell, RedoxParameters
from sim.sample_config import (
    BathSample,
    CircuitSample,
    DiskSample,
    EquivalentSample,
    ImpactSample,
    LithiumSample,
    MediatorSample,
    ParticleSample,
    RedoxSample,
    Sample,
)

STANDARD = 1000.0
"""Concentration in mol/m^3 that standard potentials of a metal and its ion refer to."""
CellMaker = Callable[[np.random.Generator, float, float], Cell]
"""Makes the cell of one landing from the generator of the site's chemistry and its place."""


def mount(config: VirtualConfig, mounted: Mounted) -> tuple[Sample, Pipette]:
    """Look up what is mounted in the rig file.

    Raises:
        PlanError: the sample is not in the rig file, or not known with such a pipette.
    """
    sample = config.samples.get(mounted.sample)
    if sample is None:
        known = ", ".join(sorted(config.samples))
        problem = Problem(
            "sample", f"{mounted.sample!r} is not a sample of this virtual rig.", f"Known: {known}."
        )
        raise PlanError(config.name, [problem])
    if isinstance(sample, EquivalentSample):
        try:
            chain_of(sample.circuit, sample.values)
        except ValueError as error:
            raise PlanError(
                config.name, [Problem(f"samples.{mounted.sample}.circuit", f"{error}.")]
            ) from error
    pipette = interpolated(sample, mounted.aperture)
    if mounted.channels:
        return sample, Pipette(mounted.aperture / 2.0, 1.0, 1.0)
    if pipette is None:
        smallest, largest = (show(sample.apertures[i].diameter, "m") for i in (0, -1))
        problem = Problem(
            "pipette.aperture",
            f"{show(mounted.aperture, 'm')} is outside {smallest} to {largest}, the pipettes "
            f"with which this rig knows {mounted.sample!r}.",
        )
        raise PlanError(config.name, [problem])
    return sample, pipette


def cell_maker(sample: Sample, pipette: Pipette) -> CellMaker:
    """Return what makes a fresh cell for each landing on a sample."""
    match sample:
        case LithiumSample():
            return _lithium(sample, pipette)
        case RedoxSample():
            return _redox(sample)
        case CircuitSample():
            circuit = Circuit(sample.series, sample.parallel, sample.capacitance)
            return lambda rng, x, y: DummyCell(circuit)
        case EquivalentSample():
            return _equivalent(sample)
        case BathSample() | MediatorSample():
            # The tip is in the liquid already: no droplet forms.
            return lambda rng, x, y: DummyCell(OPEN)
        case DiskSample():
            return _disk(sample)
        case ParticleSample():
            return _particle(sample)
        case ImpactSample():
            return _impacts(sample)


def bath_of(sample: Sample, pipette: Pipette) -> Bath | None:
    """Return the bath that a pipette dips into; None where it hangs in air."""
    if not isinstance(sample, BathSample):
        return None
    return Bath(
        sample.conductivity, pipette.aperture, sample.outer, sample.half_angle, sample.evaporation
    )


def liquid_of(sample: Sample, pipette: Pipette, drives: Iterable[str] = ()) -> Liquid | None:
    """Return the solution that a microelectrode dips into; None where there is none.

    Args:
        sample: what is mounted.
        pipette: what is mounted.
        drives: the other drives of the rig, by name; the first is connected to the surface.
    """
    if not isinstance(sample, MediatorSample):
        return None
    return _mediator(sample, pipette, next(iter(drives), ""))


def _mediator(sample: MediatorSample, pipette: Pipette, drive: str) -> Mediator:
    return Mediator(
        MediatorParameters(
            radius=pipette.aperture,
            rg=sample.rg,
            oxidised=sample.oxidised,
            reduced=sample.reduced,
            diffusivity=sample.diffusivity,
            formal_potential=sample.formal_potential - sample.quasi_reference,
            rate=sample.rate,
            spots=tuple(Spot(one.x, one.y, one.diameter / 2.0, one.rate) for one in sample.spots),
            drive=drive,
        )
    )


def _equivalent(sample: EquivalentSample) -> CellMaker:
    parameters = Written(sample.circuit).parameters
    fixed = np.array([one.size == "exponent" for one in parameters])

    def make(rng: np.random.Generator, x: float, y: float) -> EquivalentCell:
        scatter = np.exp(sample.scatter * rng.standard_normal(len(fixed)))
        values = np.array(sample.values) * np.where(fixed, 1.0, scatter)
        return EquivalentCell(chain_of(sample.circuit, tuple(values.tolist())))

    return make


def _redox(sample: RedoxSample) -> CellMaker:
    def make(rng: np.random.Generator, x: float, y: float) -> RedoxCell:
        inside = (patch for patch in sample.patches if patch.holds(x, y))
        activity = next((patch.activity for patch in inside), 1.0)
        if sample.activity_scatter:
            activity *= math.exp(sample.activity_scatter * float(rng.standard_normal()))
        return RedoxCell(
            RedoxParameters(
                formal_potential=sample.formal_potential,
                rate_constant=sample.rate_constant * activity,
                oxidised=sample.oxidised,
                reduced=sample.reduced,
                conductivity=sample.conductivity,
            )
        )

    return make


def in_region(sample: Sample, x: float, y: float) -> Sample:
    """Return a sample as it is in the region at a place, in metres; NaN where that is not known."""
    if not isinstance(sample, RedoxSample) or sample.library is None or math.isnan(x + y):
        return sample
    rate = sample.rate_constant * sample.library.factor(x, y)
    return sample.model_copy(update={"rate_constant": rate})


def _disk(sample: DiskSample) -> CellMaker:
    metal = sample.reaction == "metal"
    parameters = RedoxParameters(
        formal_potential=sample.formal_potential,
        rate_constant=sample.rate_constant,
        transfer=sample.transfer,
        oxidised=sample.concentration,
        reduced=STANDARD if metal else sample.reduced,
        oxidised_diffusivity=sample.diffusivity,
        reduced_diffusivity=math.inf if metal else sample.diffusivity,
        capacitance=sample.capacitance,
        conductivity=sample.conductivity,
        rest_potential=sample.formal_potential,
    )
    return lambda rng, x, y: DiskCell(parameters, sample.diameter / 2.0)


def _lithium(sample: LithiumSample, pipette: Pipette) -> CellMaker:
    def make(rng: np.random.Generator, x: float, y: float) -> LithiumCell:
        capacity, nucleation = rng.standard_normal(2)
        parameters = LithiumParameters().scaled(
            capacity=pipette.capacity * math.exp(sample.capacity_scatter * capacity),
            nucleation=math.exp(sample.nucleation_scatter * nucleation),
        )
        return LithiumCell(parameters)

    return make


def _impacts(sample: ImpactSample) -> CellMaker:
    circuit = Circuit(sample.series, sample.parallel, sample.capacitance)

    def make(rng: np.random.Generator, x: float, y: float) -> ImpactCell:
        return ImpactCell(circuit, hits_of(sample, rng))

    return make


def hits_of(sample: ImpactSample, rng: np.random.Generator) -> Train:
    """Return the hits of one landing, from the generator of its chemistry."""
    suspension = Suspension(
        rate=sample.rate,
        charge=sample.charge,
        spread=sample.spread,
        tail=sample.tail,
        half=-math.inf if sample.half is None else sample.half,
        slope=sample.slope,
        staying=sample.staying,
        step=sample.step,
    )
    return Train(suspension, int(rng.integers(2**32)))


def _particle(sample: ParticleSample) -> CellMaker:
    def make(rng: np.random.Generator, x: float, y: float) -> Particle:
        diffusivity, exchange = np.exp(sample.scatter * rng.standard_normal(2))
        diameter, known = particle_at(sample, x, y), sample.diffusivity
        if sample.rate is not None:
            known = sample.rate * (sample.domain or diameter / 2.0) ** 2
        return Particle(
            ParticleParameters(
                material=sample.material,
                table=sample.table,
                diameter=diameter,
                domain=sample.domain,
                sites=sample.sites,
                filled=sample.filled,
                diffusivity=known * float(diffusivity),
                exchange=sample.exchange * float(exchange),
                linear=sample.kinetics == "linear",
                temperature=sample.temperature,
                capacitance=sample.capacitance,
                contact=sample.contact,
                leak=sample.leak,
            )
        )

    return make


def particle_at(sample: ParticleSample, x: float, y: float) -> float:
    """Return the diameter of the particle at a place, in metres."""
    near = min(sample.particles, key=lambda p: math.hypot(x - p.x, y - p.y), default=None)
    if near is None or 2.0 * math.hypot(x - near.x, y - near.y) > near.diameter:
        return sample.diameter
    return near.diameter
