"""Reading back: one site, one feature, growing files, packed files, and files of others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import warm
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, landing, site, sites, told, visits

from seccm.data import (
    Column,
    FeatureValues,
    FinishReport,
    Store,
    finish,
    finish_apart,
    open_scan,
    rewrite_features,
)
from seccm.data.__main__ import main
from seccm.data.guard import is_held
from seccm.data.layout import LIBVER, datasets
from seccm.data.repair import mark
from seccm.errors import DataFileError
from seccm.events import Outcome, Phase
from seccm.units import show

COUNT = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a scan that was stopped before its last two sites."""
    path = tmp_path_factory.mktemp("scan") / "scan.h5"
    with Store(path, HEADER, sites(COUNT), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(visits(COUNT - 2)):
            store.record(block, events)
        store.close("stopped")
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """Give each test a file of its own."""
    return shutil.copy(written, tmp_path / "scan.h5")


def everything(path: Path) -> dict[str, np.ndarray]:
    """Read all datasets."""
    with h5py.File(path, "r") as file:
        return {name: dataset[()] for name, dataset in datasets(file).items()}


def test_a_trace_begins_at_contact_and_is_against_the_reference(path: Path) -> None:
    """T = 0 is the contact row, and the offset of the quasi-reference is added."""
    v = visits(COUNT)[3]
    assert v.contact is not None
    with open_scan(path) as scan:
        trace = scan.site(3)
    left_out = 12  # rows before the tip set out
    at = v.contact - v.start - left_out
    assert trace.t[at] == 0.0
    np.testing.assert_allclose(np.diff(trace.t), CLOCK.period, rtol=1e-9)
    np.testing.assert_allclose(trace.E, v.data[0][left_out:] + 3.25, atol=1e-7)
    np.testing.assert_allclose(trace.z, v.data[4][left_out:], rtol=1e-6)
    assert trace.steps == {0: slice(at, at + 40), 1: slice(at + 40, at + 70)}
    assert trace.outcome is Outcome.OK
    assert trace.record.contact == at


def test_a_landing_comes_back_as_it_was_told(path: Path) -> None:
    """Heights, latency and the row of contact."""
    v = visits(COUNT)[6]
    assert v.contact is not None
    told_of = landing(6, v.contact)
    with open_scan(path) as scan:
        read = scan.site(6).landing
    assert read is not None
    for name in ("row", "signal", "baseline", "latency", "attempt"):
        assert getattr(read, name) == getattr(told_of, name), name
    for name in ("z", "z_crossing", "overtravel"):
        assert getattr(read, name) == pytest.approx(getattr(told_of, name), rel=1e-12)


def test_a_site_that_was_not_touched_says_so(path: Path) -> None:
    """Its time begins with its rows, it has no steps and no contact, and there is a reason."""
    with open_scan(path) as scan:
        trace = scan.site(4)
        planned = scan.site(COUNT - 1)
    assert trace.outcome is Outcome.NO_CONTACT
    assert trace.landing is None
    assert trace.contact_record is None
    assert trace.steps == {}
    assert trace.t[0] == 0.0
    assert trace.reason == "no contact within 20 µm"
    assert planned.outcome is Outcome.PLANNED
    assert len(planned.t) == 0


def test_a_site_that_is_not_there_is_refused(path: Path) -> None:
    """With the range of those that are."""
    with open_scan(path) as scan:
        for number in (-1, COUNT):
            with pytest.raises(IndexError, match=f"0 to {COUNT - 1}"):
                scan.site(number)


def test_what_is_no_number_of_a_site_is_refused_in_a_sentence(path: Path) -> None:
    """Numbers of numpy are numbers."""
    with open_scan(path) as scan:
        for wrong in ("a", 2.5, None):
            with pytest.raises(
                TypeError, match=f"give the number of a site, from 0 to {COUNT - 1}"
            ):
                scan.site(wrong)  # type: ignore[arg-type]
        assert scan.site(np.int64(3)).number == 3  # type: ignore[arg-type]


def test_what_is_printed_fits_a_line_and_says_what_it_is(path: Path) -> None:
    """In a notebook everybody prints first."""
    with open_scan(path) as scan:
        v = visits(4)[3]
        seconds = (len(v.flags) - 12 - 1) * CLOCK.period
        said = repr(scan.site(3))
        assert said == (
            f"<SiteTrace 3: ok, density = {show(-15.6, 'A/m^2')}, {len(v.flags) - 12} data points, "
            f"{show(seconds, 's')}>"
        )
        assert "no contact within 20 µm" in repr(scan.site(4))
        assert repr(scan.record(COUNT - 1)) == f"<SiteRecord {COUNT - 1}: planned, no data points>"
        assert f"{COUNT} rows and {len(scan.sites.names)} columns" in repr(scan.sites)
        assert all(name in repr(scan.events) for name in scan.events.names)
        for thing in (scan, scan.site(3), scan.record(3), scan.sites, scan.events):
            assert len(str(thing).splitlines()) == 1
            assert len(str(thing)) < 240 + len(str(path))
        assert "stopped" in repr(scan)
    assert "closed" in repr(scan)


def test_the_site_table_is_in_si_and_by_column(path: Path) -> None:
    """Positions in metres, whatever the file's unit."""
    with open_scan(path) as scan:
        table = scan.sites
        assert len(table) == COUNT
        np.testing.assert_allclose(table["x_cmd"], [site(k).x for k in range(COUNT)], atol=1e-18)
        assert table.unit("x_cmd") == "m"
        assert table.unit("charge") == "C"
        assert [row["ix"] for row in table] == [site(k).ix for k in range(COUNT)]
        assert "charge" in table
        with pytest.raises(KeyError, match=r"no column 'chrage'.*charge"):
            table["chrage"]
        assert scan.remaining() == (COUNT - 2, COUNT - 1)
        assert scan.features == COLUMNS.features
        assert scan.factors == COLUMNS.factors


def test_the_site_table_becomes_a_data_frame(path: Path) -> None:
    """One row for each site, one column for each."""
    pytest.importorskip("pandas")
    with open_scan(path) as scan:
        frame = scan.sites.to_pandas()
        assert list(frame.columns) == list(scan.sites.names)
        assert frame["status"].tolist() == scan.sites["status"].tolist()


def test_reading_changes_nothing(path: Path) -> None:
    """Not one byte, and the file can be read-only."""
    path.chmod(0o444)
    before = path.read_bytes()
    with open_scan(path) as scan:
        scan.site(0)
        assert scan.state == "stopped"
    assert path.read_bytes() == before


READER = """
import sys
from seccm.data import open_scan
with open_scan(sys.argv[1]) as scan:
    for line in sys.stdin:
        scan.refresh()
        done = [row["site"] for row in scan.sites if row["status"] > 1]
        whole = all(len(scan.record(site).t) for site in done)
        print(scan.state, len(done), whole, len(scan.site(0).t), flush=True)
"""


def test_another_process_reads_along_while_the_scan_runs(tmp_path: Path) -> None:
    """It sees each site as soon as it is safe, and that the run is over."""
    path = tmp_path / "scan.h5"
    store = Store(path, HEADER, sites(3), COLUMNS, CLOCK, analyse)
    with (
        warm.begun(
            [sys.executable, "-c", READER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as reader,
        store,
    ):
        assert reader.stdin is not None
        assert reader.stdout is not None

        def look() -> list[str]:
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write("\n")
            reader.stdin.flush()
            return reader.stdout.readline().split()

        assert look() == ["running", "0", "True", "0"]
        for v in visits(3):
            for block, events in told([v]):
                store.record(block, events)
            store.barrier()
            assert look()[:3] == ["running", str(v.number + 1), "True"]
        store.close("complete")
        assert look()[:2] == ["complete", "3"]
        finish(path)
        assert look()[:3] == ["complete", "3", "True"]
        reader.stdin.close()


def test_a_reader_in_the_same_process_does_not_keep_the_file_marked(tmp_path: Path) -> None:
    """HDF5 shares one file between all who open it in a process."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store, open_scan(path) as scan:
        store.close("complete")
        assert mark(path) == 0
        scan.refresh()
        assert scan.state == "complete"
        finish(path)
        scan.refresh()
        assert scan.packed


LOOKER = """
import sys
import h5py
with h5py.File(sys.argv[1], "r", swmr=True) as file:
    print(len(file["site"]), flush=True)
    sys.stdin.read()
"""


def test_a_notebook_that_has_the_file_open_is_no_writer(tmp_path: Path) -> None:
    """What a killed program left is interrupted, and continued, although someone looks at it."""
    growing, path = tmp_path / "growing.h5", tmp_path / "left.h5"
    with Store(growing, HEADER, sites(3), COLUMNS, CLOCK) as store:
        for block, events in told(visits(1)):
            store.record(block, events)
        store.barrier()
        # To the disk, a program that is killed now leaves the same bytes.
        shutil.copy(growing, path)
        assert is_held(growing)
        store.close("stopped")
    assert not is_held(growing)
    command = [sys.executable, "-c", LOOKER, str(path)]
    with warm.begun(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as looker:
        assert looker.stdout is not None
        assert looker.stdout.readline() == "3\n"
        with open_scan(path) as scan:
            assert scan.state == "interrupted"
        Store.resume(path, sites(3), COLUMNS, CLOCK).close("stopped")
        assert looker.poll() is None
        assert looker.stdin is not None
        looker.stdin.close()
    with open_scan(path) as scan:
        assert scan.state == "stopped"
        assert scan.remaining() == (1, 2)


def test_a_reader_that_closes_the_file_in_this_process_leaves_the_writer_its_lock(
    tmp_path: Path,
) -> None:
    """Such as a window whose engine runs in it."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store:
        with path.open("rb") as reader:
            assert reader.read(4) == b"\x89HDF"
        with open_scan(path) as scan:
            assert scan.state == "running"
        assert is_held(path)
        store.close("complete")


def test_finishing_keeps_every_value_and_attribute(path: Path) -> None:
    """Only the storage differs, and it is smaller."""
    before = everything(path)
    with h5py.File(path) as file:
        said = {
            n: {k: str(v) for k, v in d.attrs.items() if "LIST" not in k} for n, d in file.items()
        }
        root = dict(file.attrs)
    report = finish(path)
    assert (report.sites, report.samples) == (COUNT - 2, len(before["t"]))
    assert report.size_after == path.stat().st_size < report.size_before
    after = everything(path)
    assert after.keys() == before.keys()
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values, err_msg=name)
    with h5py.File(path) as file:
        for name, attributes in said.items():
            assert {k: str(file[name].attrs[k]) for k in attributes} == attributes, name
        assert {k: file.attrs[k] for k in root} == root
        assert file["I"].compression == "gzip"
        assert file["I"].fletcher32
    assert finish(path) == FinishReport(
        path, COUNT - 2, len(before["t"]), report.size_after, report.size_after
    )


def test_finishing_in_another_process_says_what_it_did(path: Path) -> None:
    """One sentence and exit code 0, or a sentence and exit code 2."""
    with finish_apart(path) as child:
        said, _ = child.communicate()
    assert child.returncode == 0
    assert f"{COUNT - 2} sites checked" in said
    with open_scan(path) as scan:
        assert scan.packed
    with finish_apart(path.with_name("missing.h5")) as child:
        said, _ = child.communicate()
    assert child.returncode == 2
    assert "no such file" in said


@pytest.mark.parametrize("packed", [False, True])
def test_a_site_whose_samples_changed_is_found_and_the_file_left_alone(
    path: Path, packed: bool
) -> None:
    """The checksum was taken when the samples were measured."""
    if packed:
        finish(path)
    with h5py.File(path, "r+") as file:
        file["I"][int(file["row_start"][7]) + 5] += 1e-9
    before = path.read_bytes()
    with pytest.raises(DataFileError, match=r"1 site .* \(sites 7\)"):
        finish(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_value_that_no_checksum_covers_is_compared_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that differs anywhere does not replace the original."""
    from seccm.data import finishing

    copy = finishing.copy

    def careless(source: h5py.File, target: h5py.File, *, packed: bool) -> None:
        copy(source, target, packed=packed)
        target["charge"][3] *= 1.5

    monkeypatch.setattr(finishing, "copy", careless)
    before = path.read_bytes()
    with pytest.raises(DataFileError, match="column charge"):
        finish(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_write_protected_file_keeps_its_features(tmp_path: Path) -> None:
    """Whoever protected the data did not mean them to be replaced by a copy."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK) as store:
        store.close("complete")
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(DataFileError, match="write-protected"):
        rewrite_features(path, {}, {})
    assert path.read_bytes() == before


def test_a_file_in_use_is_not_finished(tmp_path: Path) -> None:
    """Nor are its features replaced, nor is it continued, nor repaired."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK) as store:
        with pytest.raises(DataFileError, match="run is not over"):
            finish(path)
        with pytest.raises(DataFileError, match="run is not over"):
            rewrite_features(path, {}, {})
        with pytest.raises(DataFileError, match="a program is writing"):
            Store.resume(path, sites(2), COLUMNS, CLOCK)
        assert main(["repair", str(path)]) == 2
        store.close("complete")
    assert main(["repair", str(path)]) == 0


def test_features_are_replaced_and_added(path: Path) -> None:
    """Known ones in their columns, new ones in new columns."""
    values = np.linspace(0, 1, COUNT)
    code = np.arange(COUNT, dtype=np.uint8)
    old, new = Column("charge", "C", "charge"), Column("depth", "V", "depth of the minimum")
    features = {
        c.name: FeatureValues(c, values * k, values / 10, code) for k, c in ((1, old), (2, new))
    }
    rewrite_features(path, features, {0: "ok", 1: "odd"}, np.arange(COUNT, dtype=np.uint32))
    with open_scan(path) as scan:
        assert np.array_equal(scan.sites["charge"], values)
        assert np.array_equal(scan.sites["depth"], 2 * values)
        assert np.array_equal(scan.sites["depth_err"], values / 10)
        assert np.array_equal(scan.sites["depth_status"], code)
        assert np.array_equal(scan.sites["quality"], code)
        assert scan.sites.unit("depth") == "V"
        assert new in scan.features
    finish(path)
    rewrite_features(path, {"depth": features["charge"]}, {})
    with open_scan(path) as scan:
        assert np.array_equal(scan.sites["depth"], values)


def test_features_of_another_number_of_sites_are_refused(path: Path) -> None:
    """All or nothing: the file is as it was."""
    before = path.read_bytes()
    right, wrong = np.zeros(COUNT), np.zeros(COUNT - 1)
    column = COLUMNS.features[0]
    values = FeatureValues(column, right, wrong, right.astype(np.uint8))
    with pytest.raises(DataFileError, match=f"{COUNT - 1} values for {COUNT} sites"):
        rewrite_features(path, {"charge": values}, {})
    assert path.read_bytes() == before


def _missing(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("t,E,I\n" * 100)


def _foreign(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["data"] = [1.0]


def _half(path: Path) -> None:
    with h5py.File(path, "w", libver=LIBVER) as file:
        file.attrs["Conventions"] = "CF-1.11 SECCM-0.1"


def _killed_half(path: Path) -> None:
    half = path.with_name("half.h5")
    with h5py.File(half, "w", libver=LIBVER, locking=False) as file:
        file.attrs["Conventions"] = "CF-1.11 SECCM-0.1"
        file.create_dataset("session", (0,), "u4", maxshape=(None,))
        file.flush()
        shutil.copy(half, path)
    half.unlink()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, r"no such file.*Check"),
        (_empty, r"empty.*delete it"),
        (_text, r"not an HDF5 file"),
        (_foreign, r"not made by seccm"),
        (_half, r"ended while it created the file.*Delete it"),
        (_killed_half, r"ended while it created the file.*Delete it"),
        (_truncated, r"damaged.*copy it again"),
    ],
)
def test_a_file_that_cannot_be_read_is_explained(
    path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """What is wrong and what to do, for every way to read or change it."""
    spoil(path)
    with pytest.raises(DataFileError, match=f"(?s){path.name}.*{said}"):
        open_scan(path)
    for change in (finish, lambda p: Store.resume(p, sites(1), COLUMNS, CLOCK)):
        with pytest.raises(DataFileError, match=path.name):
            change(path)
    assert not list(path.parent.glob("*.part*"))


def test_a_file_of_which_something_is_missing_is_explained(path: Path) -> None:
    """It was laid out to the end, so it is not thrown away."""
    with h5py.File(path, "r+") as file:
        del file.attrs["title"]
    with pytest.raises(DataFileError, match=r"damaged.*missing.*copy") as caught:
        open_scan(path)
    assert "Delete" not in str(caught.value)


def test_a_growing_file_copied_in_part_is_not_continued_with_holes(tmp_path: Path) -> None:
    """What a full disk cut off was never made safe; what a copy cut off may have been."""
    growing, path = tmp_path / "growing.h5", tmp_path / "copy.h5"
    made = visits(60)
    with Store(growing, HEADER, sites(60), COLUMNS, CLOCK) as store:
        for block, events in told(made):
            store.record(block, events)
        store.barrier()
        shutil.copy(growing, path)
        store.close("stopped")
    whole = path.read_bytes()
    refused = 0
    for share in (0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        before = path.read_bytes()
        try:
            Store.resume(path, sites(60), COLUMNS, CLOCK).close("stopped")
        except DataFileError:
            refused += 1
            assert path.read_bytes() == before
            continue
        with open_scan(path) as scan:
            for v in made:
                assert np.array_equal(scan.record(v.number).I, v.data[1].astype(np.float32)[12:])
    assert refused


def test_the_command_line_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments, or with a verb it does not know."""
    assert main([]) == 2
    assert main(["polish", "scan.h5"]) == 2
    assert "finish|repair" in capsys.readouterr().err


def test_rows_measured_are_those_of_the_steps(path: Path) -> None:
    """The slices of all steps cover every row of that phase, once."""
    with open_scan(path) as scan:
        for number in range(COUNT - 2):
            trace = scan.site(number)
            covered = np.zeros(len(trace.t), int)
            for rows in trace.steps.values():
                covered[rows] += 1
            assert np.array_equal(covered, (trace.phase == Phase.STEP).astype(int))


def test_a_file_that_is_resumed_while_it_is_open_for_reading_grows_before_ones_eyes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "scan.h5"
    first, second = visits(2)
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, analyse) as store:
        for block, events in told([first]):
            store.record(block, events)
        store.close("stopped")
    with open_scan(path) as scan:
        assert not scan.being_written
        with Store.resume(path, sites(2), COLUMNS, CLOCK) as store:
            assert scan.being_written
            scan.refresh()
            assert scan.state == "running"
            for block, events in told([second]):
                store.record(block, events)
            store.barrier()
            scan.refresh()
            assert len(scan.record(1).t) > 0
            store.close("complete")
        path.unlink()
        assert not scan.being_written


def test_a_killed_file_that_is_resumed_while_it_is_open_for_reading_is_followed(
    tmp_path: Path,
) -> None:
    """A copy takes its place, which grows in its stead."""
    growing, path = tmp_path / "growing.h5", tmp_path / "scan.h5"
    first, second = visits(2)
    with Store(growing, HEADER, sites(2), COLUMNS, CLOCK, analyse) as store:
        for block, events in told([first]):
            store.record(block, events)
        store.barrier()
        # To the disk, a program that is killed now leaves the same bytes.
        shutil.copy(growing, path)
        store.close("stopped")
    with open_scan(path) as scan:
        assert scan.state == "interrupted"
        with Store.resume(path, sites(2), COLUMNS, CLOCK) as store:
            for block, events in told([second]):
                store.record(block, events)
            store.barrier()
            scan.refresh()
            assert scan.state == "running"
            assert scan.sites["status"].tolist() == [Outcome.OK, Outcome.OK]
            store.close("complete")
