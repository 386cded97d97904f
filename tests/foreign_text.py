"""Text files of other programs, read as far as a scan in SI: no data file is made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import seccm
from seccm.cli.commands import app
from seccm.readers.said import Said
from seccm.session.reading import read_foreign

E = np.round(np.linspace(-0.2, 0.3, 26), 4)
I = np.round(1e-9 * (1 + 4 * E) + 3e-12 * np.arange(26), 15)  # noqa: E741
T = np.round(0.2 * np.arange(26), 4)
SAID: dict[str, Any] = {"sign": "anodic positive", "footprint": 2e-6}


def scan_of(path: Path, **said: Any) -> seccm.ReadScan:
    """What a file says, in SI and anodic positive."""
    return read_foreign(path, Said(**{**SAID, **said}))[1]


def step_of(path: Path, **said: Any) -> seccm.ReadStep:
    """The only step of the only site of a file."""
    (site,) = scan_of(path, **said).sites
    (step,) = site.steps
    return step


def refusal(path: Path, **said: Any) -> str:
    """What is said of a file that is refused; every option it names is one of the command."""
    with pytest.raises(seccm.DataFileError) as refused:
        scan_of(path, **said)
    words = str(refused.value)
    assert str(path) in words
    known = {name for p in get_command(app).commands["import"].params for name in p.opts}
    assert set(re.findall(r"--[a-z]+", words)) <= known, words
    return words


def table(
    path: Path,
    columns: Sequence[Any] = (T, E, 1e9 * I),
    heads: Sequence[str] = ("t (s)", "E (V)", "I (nA)"),
    *,
    mark: str = ",",
    end: str = "\n",
) -> Path:
    """A plain table, with as many digits as there are."""
    rows = [mark.join(f"{v:.12g}" for v in row) for row in zip(*columns, strict=True)]
    path.write_bytes(end.join([mark.join(heads), *rows, ""]).encode())
    return path


def is_planted(step: seccm.ReadStep, current: Any = I) -> None:
    """The numbers are those that were written."""
    np.testing.assert_allclose(step.potential, E, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(step.current, current, rtol=1e-9, atol=1e-21)
