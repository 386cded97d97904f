"""What is needed without an extra is under no GPL and no LGPL, as the installed packages say."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest

COPYLEFT = re.compile(r"\bA?L?GPL|GNU (Lesser|Affero|General)", re.IGNORECASE)


def needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Collect a package and all that it needs without extras."""
    for line in distribution(name).requires or ():
        wanted, _, marker = line.partition(";")
        if "extra ==" in marker:
            continue
        key = re.split(r"[^A-Za-z0-9_.-]", wanted.strip())[0].lower().replace("_", "-")
        if key in found:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:  # of another system or version of Python
            assert marker, f"{key} is not installed"
            continue
        needed(key, found)
    return found


def licence_of(package: Distribution) -> str:
    """Return the licence as its metadata say: expression, classifiers, or the line itself."""
    told = package.metadata
    lines = [*(told.get_all("License-Expression") or ())]
    lines += [c for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    lines += [line.splitlines()[0] for line in told.get_all("License") or () if line.strip()]
    return "; ".join(lines)


def test_nothing_that_every_installation_has_is_under_the_gpl_or_lgpl() -> None:
    found = needed("seccm", {})
    assert {"numpy", "scipy", "h5py", "pydantic"} <= set(found)
    named = {name: licence_of(package) for name, package in found.items()}
    assert [name for name, licence in named.items() if COPYLEFT.search(licence)] == []


@pytest.mark.parametrize("name", ["nifpga", "pyserial"])
def test_drivers_of_rigs_are_under_free_licences_and_extras(name: str) -> None:
    assert name not in needed("seccm", {})
    assert re.search("MIT|BSD", licence_of(distribution(name)))


def test_the_package_of_the_target_is_the_newest_major_version_and_only_an_extra() -> None:
    """The driver and its stand-in were made for it: another one has to be looked at first."""
    wanted = [line for line in distribution("seccm").requires or () if line.startswith("nifpga")]
    assert wanted
    assert all("extra ==" in line for line in wanted)
    major = int(distribution("nifpga").version.partition(".")[0])
    [low] = {re.search(r">=(\d+)", line).group(1) for line in wanted if re.search(r">=", line)}  # type: ignore[union-attr]
    assert major == int(low)
