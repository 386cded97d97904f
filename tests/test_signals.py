"""A table in the rig file adds a signal to everything that a data point has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream
from small_scan import small_scan

import seccm
from seccm.data import Columns, Store
from seccm.errors import DamagedError, DataFileError, PlanError
from seccm.events import SiteFinished
from seccm.quantities import validate
from seccm.rig import BASIC, Mounted, Rig, Signal, more_than_basic
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

AMPLITUDE: dict[str, Any] = {
    "unit": "A",
    "words": "lock-in amplitude",
    "watchable": True,
    "follows": "current",
    "factor": 0.5,
    "noise": 1e-15,
}
SECOND: dict[str, Any] = {
    "unit": "A",
    "role": "current",
    "watchable": True,
    "terminal": "ai7",
    "sign": -1,
    "gain": "0.5 V/nA",
    "offset": "0 V",
    "calibrated": "as sim.daqmx is wired",
}
WIRED = {"stage": {"start_z": "53 um"}, "wiring": {"signals": {"also": {"ai7": "current"}}}}


def virtual_rig(**signals: Any) -> VirtualRig:
    config = VirtualConfig.model_validate({"signals": signals})
    return VirtualRig(config, Mounted("dummy-resistor", 6e-6), seed=1)


class TestVirtualWithASignal(RigContract):
    """The whole contract, with a signal more."""

    @pytest.fixture
    def rig(self) -> Rig:
        """The virtual rig with a lock-in amplifier."""
        return virtual_rig(amplitude=AMPLITUDE)


class TestCardWithASignal(RigContract):
    """The whole contract, with one more input of the card."""

    speed = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The stand-in for a card with a second current."""
        with nidaq_rig(virtual=WIRED, signals={"second": SECOND}) as rig:
            yield rig


def read(rig: Rig, seconds: float = 0.5) -> Stream:
    """Rows of a rig at rest."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(seconds)
    return stream


def test_a_signal_is_declared_after_those_that_every_rig_has() -> None:
    signals = virtual_rig(amplitude=AMPLITUDE).info.signals
    assert signals[: len(BASIC)] == BASIC
    assert more_than_basic(signals) == (
        Signal("amplitude", "A", "lock-in amplitude", "other", watchable=True),
    )


def test_the_virtual_signal_follows_the_one_it_is_told_to() -> None:
    stream = read(virtual_rig(amplitude=AMPLITUDE | {"offset": 2e-12}))
    wanted = 0.5 * stream.column("current") + 2e-12
    error = stream.column("amplitude") - wanted
    assert abs(error.mean()) < 1e-15
    assert error.std() == pytest.approx(1e-15, rel=0.2)


def test_the_other_signals_do_not_change_when_one_is_added() -> None:
    plain, more = read(virtual_rig()), read(virtual_rig(amplitude=AMPLITUDE))
    for signal in BASIC:
        assert (plain.column(signal.name) == more.column(signal.name)).all()


def test_an_input_of_the_card_is_read_with_its_own_sign_and_gain() -> None:
    with nidaq_rig(virtual=WIRED, signals={"second": SECOND}) as rig:
        stream = read(rig)
        # Both terminals carry the same current; each converter rounds by itself.
        step = 20.0 / 2**16 / 0.5e9
        np.testing.assert_allclose(stream.column("second"), stream.column("current"), atol=step)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"potential": AMPLITUDE}, "means something else already"),
    ({"E": AMPLITUDE}, "means something else already"),
    *(
        ({name: AMPLITUDE}, "begin with a letter from a to z")
        for name in ("2nd", "_x", "größe", "a-b", "a b", "a" * 33, "a\n", "")
    ),
    ({"amplitude": AMPLITUDE | {"unit": "parsec"}}, "unit"),
    ({"amplitude": AMPLITUDE | {"role": "potential"}}, 'unit must be "V"'),
    ({"amplitude": AMPLITUDE | {"follows": "moon"}}, "follows"),
]


@pytest.mark.parametrize(("signals", "words"), WRONG)
def test_a_signal_that_cannot_be_is_refused(signals: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError) as refused:
        validate(VirtualConfig, {"signals": signals}, "rig.toml", from_file=True)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gain": "0.5 V/nm"}, "V/A"),
        ({"gain": "-0.5 V/nA"}, "above 0"),
        ({"terminal": "ai0"}, "wired to"),
        ({"sign": 0}, "sign"),
    ],
)
def test_an_input_that_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    with (
        pytest.raises(PlanError) as refused,
        nidaq_rig(virtual=WIRED, signals={"second": SECOND | change}),
    ):
        pass
    assert words in str(refused.value)


def test_a_simulated_signal_has_no_place_behind_a_card() -> None:
    with (
        pytest.raises(PlanError) as refused,
        nidaq_rig(virtual={"signals": {"amplitude": AMPLITUDE}}) as rig,
    ):
        rig.open()
    assert "virtual.wiring.signals.also" in str(refused.value)


# In the file.


@pytest.fixture
def rig_file(tmp_path: Path) -> Path:
    """A rig file that adds one signal, and nothing else."""
    path = tmp_path / "rig.toml"
    path.write_text(
        'kind = "virtual"\n[signals.amplitude]\nunit = "A"\nwords = "lock-in amplitude"\n'
        'watchable = true\nfollows = "current"\nfactor = 0.5\n'
    )
    return path


def test_what_is_added_is_recorded_packed_and_exported(rig_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    for _ in seccm.run(small_scan(2, 1), rig_file, path=path, seed=3):
        pass
    with seccm.open(path) as scan:
        assert scan.packed
        assert scan.signals == (Signal("amplitude", "A", "lock-in amplitude"),)
        for number in (0, 1):
            site = scan.site(number)
            wanted = (0.5 * site.I).astype(np.float32)
            np.testing.assert_allclose(site.signals["amplitude"], wanted, rtol=1e-6)
        whole = scan.to_xarray()
        assert whole["signal_amplitude"].dims == ("sample",)
        assert whole["signal_amplitude"].attrs["units"] == "A"
        assert not scan.changed


def test_the_rest_of_the_file_is_the_same_with_and_without_it(
    rig_file: Path, tmp_path: Path
) -> None:
    kept = []
    for rig, name in (("virtual", "plain"), (rig_file, "more")):
        path = tmp_path / f"{name}.h5"
        for _ in seccm.run(small_scan(1, 1), rig, path=path, seed=3):
            pass
        with seccm.open(path) as scan:
            site = scan.site(0)
            kept.append([site.t, site.E, site.I, site.z, site.phase, site.step, site.flag])
    for plain, more in zip(*kept, strict=True):
        np.testing.assert_array_equal(plain, more)


def test_a_stopped_scan_goes_on_with_its_signal_and_not_without(
    rig_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.run(small_scan(3, 1), rig_file, path=path, seed=3)
    for event in run:
        if isinstance(event, SiteFinished) and event.site == 0:
            run.ask("stop")
    with seccm.open(path) as scan:
        clock = scan.clock
    other = Columns(signals=(Signal("phase_lag", "rad", "lag of the phase"),))
    with pytest.raises(DataFileError) as refused:
        Store.resume(path, (), other, clock)
    assert 'does not measure "amplitude"' in str(refused.value)
    assert 'the file has no "phase_lag"' in str(refused.value)
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        assert set(scan.sites.words("status")) == {"ok"}
        for number in range(3):
            site = scan.site(number)
            assert len(site.signals["amplitude"]) == len(site.t)
        assert not scan.changed


def test_a_flipped_bit_of_it_is_found(rig_file: Path, tmp_path: Path) -> None:
    """Its samples are under the checksum of the site as all others are."""
    path = tmp_path / "scan.h5"
    run = seccm.run(small_scan(2, 1), rig_file, path=path, seed=3)
    for event in run:
        if isinstance(event, SiteFinished) and event.site == 0:
            run.ask("stop")
    with h5py.File(path, "r+") as file:
        assert not file.attrs.get("packed", 0)
        file["signal_amplitude"][5] += 1e-9
    with seccm.open(path) as scan, pytest.raises(DamagedError):
        scan.site(0)
