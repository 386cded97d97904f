"""Random numbers with an address: each draw belongs to a seed, a subsystem and a place."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, subsystem: str, *place: int) -> np.random.Generator:
    """Return the generator of one subsystem at one place.

    Args:
        seed: of the whole run.
        subsystem: any name.
        place: integers such as a page, or a position in nanometres; as many for each of a
            subsystem, since zeros at the end make no difference.
    """
    words = [seed, zlib.crc32(subsystem.encode()), *(number % 2**32 for number in place)]
    return np.random.default_rng(np.random.SeedSequence(words))
