"""Whether a picture, or a part of it, shows anything at all."""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray


def of_one_shade(values: FloatArray) -> bool:
    """Tell whether what is left of values without their mean is only the rounding of numbers."""
    return bool(values.std() <= 1e-12 * np.abs(values).max(initial=0.0))
