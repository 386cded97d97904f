"""The command that installs an optional part of the program, as it was installed itself."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def install_hint(extra: str, root: Path = ROOT) -> str:
    """Return the command that installs an extra.

    Args:
        extra: its name in pyproject.toml, such as "ui".
        root: where the program's packages are; a checkout has its pyproject.toml there.
    """
    if (root / "pyproject.toml").is_file():
        return f'"{sys.executable}" -m pip install -e "{root}[{extra}]"'
    return f'"{sys.executable}" -m pip install "seccm[{extra}]"'
