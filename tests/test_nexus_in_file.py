"""The data file itself leads viewers of NeXus files to what they draw: growing, packed, old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from small_scan import small_scan
from test_old_files import EXPECTED, copied
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data import finish
from seccm.data.nexus import ENTRY, SAMPLES
from seccm.events import SiteFinished
from seccm.versions import FILE


def drawn(file: h5py.File) -> h5py.Group:
    """Follow `default` from the root, as a viewer does, to what is drawn."""
    assert file.attrs["NX_class"] == "NXroot"
    at = file
    while at.attrs["NX_class"] != "NXdata":
        at = at[at.attrs["default"]]
    return at


def wrong_with(group: h5py.Group) -> list[str]:
    """Return what a viewer would stumble over in an NXdata group, by the manual of NeXus."""
    signal = group[group.attrs["signal"]]
    axes = [group[name] for name in group.attrs["axes"]]
    errors = group.get(f"{group.attrs['signal']}_errors")
    told = [f"{a.name} is not as long as {signal.name}" for a in axes if a.shape != signal.shape]
    told += [f"{d.name} says no meaning" for d in (signal, *axes) if not d.attrs["long_name"]]
    told += [f"{d.name} has no unit" for d in (signal, *axes) if not d.attrs["units"]]
    if errors is not None and errors.shape != signal.shape:
        told.append("uncertainties of another shape")
    return told


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A finished file, and what a viewer saw of it while it grew."""
    path = tmp_path_factory.mktemp("nexus") / "scan.h5"
    seen: list[str] = []
    run = seccm.run(small_scan(2, 1), path=path, seed=1)
    for event in run:
        if isinstance(event, SiteFinished):
            run._runner._recorder.barrier()  # or a column may be longer than the next one
            with h5py.File(path, "r", swmr=True, locking=False) as file:
                group = drawn(file)
                seen += [group.name, *wrong_with(group), *wrong_with(file[ENTRY][SAMPLES])]
    return path, seen


@pytest.fixture
def file(grown: tuple[Path, list[str]], tmp_path: Path) -> Path:
    path = tmp_path / "copy.h5"
    path.write_bytes(grown[0].read_bytes())
    return path


def groups(file: h5py.File) -> Iterator[h5py.Group]:
    """Yield everything that can be drawn."""
    return (one for one in file[ENTRY].values() if one.attrs.get("NX_class") == "NXdata")


def test_a_growing_file_is_drawn(grown: tuple[Path, list[str]]) -> None:
    seen = grown[1]
    assert len(seen) == 2, seen
    assert all(name.startswith(f"/{ENTRY}/") for name in seen)


def test_every_group_is_links_to_what_lies_at_the_root(file: Path) -> None:
    """Nothing is stored twice, so nothing can differ."""
    with h5py.File(file) as data, seccm.open(file) as scan:
        known = [group.name.rpartition("/")[2] for group in groups(data)]
        assert set(known) == {f.name for f in scan.features} | {"z_contact", SAMPLES}
        for group in groups(data):
            assert wrong_with(group) == []
            for name in group:
                link = group.get(name, getlink=True)
                assert isinstance(link, h5py.SoftLink)
                assert data[link.path] == group[name]
        assert data[ENTRY]["title"].asstr()[()] == data.attrs["title"]


def test_a_finished_file_shows_a_result_that_has_a_number(file: Path) -> None:
    with h5py.File(file) as data:
        group = drawn(data)
        assert np.isfinite(group[group.attrs["signal"]][:]).any()
        assert group.attrs["signal"] != "z_contact"


def test_places_and_values_are_those_of_the_sites(file: Path) -> None:
    with h5py.File(file) as data, seccm.open(file) as scan:
        group = drawn(data)
        places = np.column_stack([group[name][:] for name in group.attrs["axes"]])
        planned = [(site.x * 1e6, site.y * 1e6) for site in scan.planned.values()]
        np.testing.assert_allclose(places, planned)
        name = group.attrs["signal"]
        np.testing.assert_array_equal(group[name][:], scan.sites[name])
        np.testing.assert_array_equal(group[f"{name}_errors"][:], scan.sites[f"{name}_err"])


def test_a_file_of_format_1_0_gets_the_groups_when_it_is_analysed(file: Path) -> None:
    """It is read as it is, without; nothing else in it becomes another."""
    with h5py.File(file, "r+") as data:
        del data[ENTRY], data.attrs["default"]
        data.attrs.update(NX_class="NXentry", format_version="1.0")
        before = {name: data[name][:] for name in data}
    with seccm.open(file) as scan:
        assert not scan.newer
        told = dict(scan.header.extra)
    seccm.analyze(file)
    with h5py.File(file) as data:
        assert data.attrs["format_version"] == str(FILE)
        assert wrong_with(drawn(data)) == []
        assert set(data) - {ENTRY} == set(before)
        for name in ("t", "E", "I", "z", "row_start", "crc32", "step_path"):
            np.testing.assert_array_equal(data[name][:], before[name])
    with seccm.open(file) as scan:
        assert dict(scan.header.extra) == told, "what only viewers need is no note of the user"


def test_results_that_come_later_are_drawn_like_those_of_the_run(file: Path) -> None:
    """An analysis that knows more, or areas from a microscope: their groups are in the file."""
    with h5py.File(file, "r+") as data:
        lost = next(name for name in drawn(data).parent if f"{name}_status" in data)
        for name in (lost, f"{lost}_err", f"{lost}_status"):
            del data[name]
        del data[ENTRY][lost]
    seccm.analyze(file)
    with h5py.File(file) as data, seccm.open(file) as scan:
        group = data[ENTRY][lost]
        assert wrong_with(group) == []
        np.testing.assert_array_equal(group[lost][:], scan.sites[lost])
        assert lost in {f.name for f in scan.features}
    table = file.with_name("areas.csv")
    table.write_text("site, area (um^2)\n0, 12.5\n1, 13.5\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["areas", str(file), str(table)]).exit_code == 0
    with h5py.File(file) as data:
        known = {group.name.rpartition("/")[2] for group in groups(data)}
        own = {name.removesuffix("_status") for name in data if name.endswith("_own_area_status")}
        assert own
        assert own <= known
        assert all(wrong_with(group) == [] for group in groups(data))


@pytest.mark.parametrize("name", sorted(EXPECTED)[:1])
def test_a_file_of_format_0_1_is_packed_without_them(name: str, tmp_path: Path) -> None:
    path = copied(name, tmp_path)
    finish(path)
    with h5py.File(path) as data:
        assert ENTRY not in data
    seccm.analyze(path)
    with h5py.File(path) as data:
        assert wrong_with(drawn(data)) == []


def test_texts_of_a_packed_file_have_no_fill_value_of_their_own(file: Path) -> None:
    """netCDF-C 4.10 overruns its memory, and ends the program, where they have one."""
    with h5py.File(file) as data:
        assert data.attrs["packed"] == 1
        texts = [
            one for one in data.values() if getattr(one, "dtype", "").__str__().startswith("|S")
        ]
        assert len(texts) > 10
        for text in texts:
            made = text.id.get_create_plist()
            assert made.fill_value_defined() != h5py.h5d.FILL_VALUE_USER_DEFINED, text.name
