"""How numbers and names are written, the same on paper and on screens."""

from __future__ import annotations

import math
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

from seccm.analysis import scales
from seccm.typography import html, number, plus_minus, readable, superscripted


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("-0.2 mA/cm^2", "−0.2 mA/cm²"),
        ("10 um", "10 µm"),
        ("Li-ion at -5 V", "Li-ion at −5 V"),
        ("2e-3 m^-1", "2e-3 m⁻¹"),
    ],
)
def test_plain_text_gets_real_signs_and_powers(plain: str, set_: str) -> None:
    assert readable(plain) == set_


def test_a_number_has_a_real_minus_sign_and_a_missing_one_is_a_dash() -> None:
    assert number(-1.2345) == "−1.23"
    assert number(math.nan) == "–"


@pytest.mark.parametrize("sd", [0.456, 0.789, 1.5, 12.0, 340.0])
def test_mean_and_uncertainty_end_at_the_same_digit(sd: float) -> None:
    mean, error = plus_minus(-1234.56789, sd).split(" ± ")
    decimals = [len(text.partition(".")[2]) for text in (mean, error)]
    assert decimals[0] == decimals[1]
    assert mean.startswith("−")
    assert float(error) == pytest.approx(sd, rel=0.05)


def test_a_couple_has_its_charges_raised() -> None:
    assert superscripted("Li/Li+") == "Li/Li$^{+}$"
    assert superscripted("Fc/Fc+ in THF") == "Fc/Fc$^{+}$ in THF"


def test_a_symbol_on_a_page_has_no_mark_up() -> None:
    assert html(scales.symbol("dE_half")) == "ΔE½"


def test_ordered_colours_are_those_of_viridis_from_dark_to_light() -> None:
    for count in (2, 5, 12):
        made = np.array([mpl.colors.to_rgb(c) for c in scales.ordered(count)])
        assert len(made) == count
        right = mpl.colormaps["viridis"](np.linspace(0.0, 0.82, count))[:, :3]
        assert np.abs(made - right).max() < 5 / 255
        assert np.all(np.diff(made @ [0.2126, 0.7152, 0.0722]) > 0.0)


def test_words_on_a_screen_load_no_figures() -> None:
    told = "import sys, ui.models.words, ui.models.colours; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
