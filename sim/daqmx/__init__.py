"""A stand-in for NI's C library, under the real `nidaqmx` package: the virtual rig's other face.

The card knows volts and terminals only. Wiring connects its terminals to the same stage, surface,
meniscus, cell and noise as the virtual rig, so that a driver's mistakes of scale and sign show.

    with plug_in(rig_file["virtual"], mounted, seed=1, faults=(), pace=0.0) as plugged:
        ...                      # import nidaqmx and use it as ever; its devices are virtual
        plugged.truth.landings   # what really happened, for tests

What the card does is what we believe about DAQmx. Every belief is written where it is kept, after
the word "Belief", with its source or the word "unverified".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seccm.rig import Mounted
    from sim.daqmx.plugged import Plugged

__all__ = ["plug_in"]


@contextmanager
def plug_in(
    config: Mapping[str, Any],
    mounted: Mounted,
    *,
    seed: int,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    first_site: int = 0,
    source: str = "virtual card",
) -> Iterator[Plugged]:
    """Put a virtual card with a virtual rig behind it under `nidaqmx` until the context ends.

    This is what the entry point `virtual` of the group `seccm.daqmx` names: a rig file that says
    `library = "virtual"` gets it, with its table `[virtual]` as `config`. Every key of the table
    is optional; the defaults are in `sim.daqmx.config`. As wired by default, device "Dev1":

        ao0, ao1      stage x, y: 0 V = 0 um, 10 V = 100 um
        ao2           stage z: 0 V = 100 um (retracted), 10 V = 0 um
        ao3           command: 10 V = -10 V on the cell, or -20 nA through it
        port0/line0   low: potentiostat; high: galvanostat
        port0/line1   low: cell off (open circuit); high: cell on
        ai0           current: 10 V = -20 nA
        ai1           potential: 10 V = 10 V, and +10 V at overload
        ai2, ai3, ai4 position monitors of x, y, z, in volts like ao0, ao1, ao2
        APFI0         the signal of ai0, 20 times larger

    Args:
        config: tables of the virtual rig (`[surface]`, `[samples.x]`, ...) and `[card]`,
            `[wiring]`, `[host]`.
        mounted: sample and pipette.
        seed: of everything random.
        faults: to be played; see `sim.daqmx.faults`.
        pace: virtual seconds per real second; 0 lets time pass only where the program waits or
            calls, as fast as the computer can. 1 is the wall clock.
        first_site: number of the first site to be travelled to, for faults at a site.
        source: the file's name, for messages.

    Yields:
        What tests may look at: the truth behind the wires, and the card.

    Raises:
        PlanError: a mistake in the table, an unknown sample, pipette or fault.
        RuntimeError: this version of `nidaqmx` has no place to put a library, or one is in use.
    """
    # Imported here, so that neither the simulator nor nidaqmx is loaded before it is wanted.
    from sim.daqmx.plugged import build
    from sim.daqmx.seam import installed

    plugged = build(
        config, mounted, seed=seed, faults=faults, pace=pace, first_site=first_site, source=source
    )
    with installed(plugged.library):
        yield plugged
