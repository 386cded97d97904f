"""A stand-in for NI's FPGA library, under the real `nifpga` package, with a virtual target in it.

The target runs what is publicly known of the LabVIEW program that most SECCM laboratories have on
their FPGA cards. Its terminals are wired to the same stage, surface, meniscus, cell and noise as
those of the virtual card (`sim.daqmx`), so that a driver's mistakes of scale and sign show.

    with plug_in(rig_file["virtual"], mounted, seed=1, faults=(), pace=0.0) as plugged:
        ...                      # nifpga.Session(plugged.bitfile, "RIO0", no_run=True)
        plugged.truth.landings   # what really happened, for tests

Nobody has seen the program's diagram. Whatever is not known of it is a switch of the table
`[virtual.target]`, see `sim.fpga.config`: a driver has to be safe whichever way each of them is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seccm.rig import Mounted
    from sim.fpga.plugged import Plugged

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
    source: str = "virtual target",
) -> Iterator[Plugged]:
    """Put a virtual target with a virtual rig behind it under `nifpga` until the context ends.

    This is what the entry point `virtual` of the group `seccm.fpga` names: a rig file that says
    `library = "virtual"` gets it, with its table `[virtual]` as `config`. As wired by default:

        ao0, ao1      stage x, y: 0 V = 0 um, 10 V = 100 um
        ao2           stage z: 0 V = 100 um (retracted), 10 V = 0 um
        ao3           command: 10 V = -10 V on the cell, or -20 nA through it
        ao4           low: potentiostat; 5 V: galvanostat
        ai0, ai1, ai2 position monitors of x, y, z, in volts like ao0, ao1, ao2
        ai3           current: 10 V = -20 nA
        ai4           potential: 10 V = 10 V, and +10 V at overload

    Args:
        config: tables of the virtual rig and of the virtual card, and `[target]`.
        mounted: sample and pipette.
        seed: of everything random.
        faults: of the world, to be played.
        pace: virtual seconds per real second; 0 is as fast as the computer can.
        first_site: number of the first site to be travelled to, for faults at a site.
        source: the file's name, for messages.

    Yields:
        What tests may look at, and the bitfile with which a session is opened.

    Raises:
        PlanError: a mistake in the table, an unknown sample, pipette or fault.
    """
    # Imported here, so that neither the simulator nor nifpga is loaded before it is wanted.
    from sim.fpga import bitfile
    from sim.fpga.plugged import build
    from sim.fpga.seam import installed

    with TemporaryDirectory(prefix="seccm-fpga-") as folder:
        path = bitfile.write(Path(folder) / "virtual.lvbitx")
        plugged = build(
            config,
            mounted,
            seed=seed,
            faults=faults,
            pace=pace,
            first_site=first_site,
            source=source,
            bitfile=str(path),
        )
        with installed(plugged.library):
            yield plugged
