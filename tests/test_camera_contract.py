"""Every camera keeps one contract: finite sequences, numbers that tell of losses, a clean end."""

from __future__ import annotations

import math
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from itertools import islice

import numpy as np
import pytest
from cameras import HEIGHT, WIDTH, Apart, CameraApart, micro_manager, pylon, virtual
from waiting import wait_for

from hardware.cameras.micro_manager import MicroManagerCamera
from hardware.cameras.pylon import PylonCamera
from seccm.errors import RigError
from seccm.rig import Camera

Making = Callable[[], AbstractContextManager[Camera]]


@pytest.fixture(scope="module")
def apart() -> Iterator[Callable[[str], Apart]]:
    """Give a process for each maker's library."""
    there: dict[str, Apart] = {}

    def of(kind: str) -> Apart:
        if kind not in there:
            there[kind] = Apart()
        return there[kind]

    yield of
    for process in there.values():
        process.close()


def micro_manager_camera(apart: Callable[[str], Apart], **settings: object) -> CameraApart:
    pytest.importorskip("mm_test_adapters")
    return CameraApart(apart("mm"), MicroManagerCamera(micro_manager(**settings)))


def pylon_camera(apart: Callable[[str], Apart], **settings: object) -> CameraApart:
    table = pylon(**settings)
    if find_spec("pypylon") is None:
        pytest.skip("pypylon is not installed")
    return CameraApart(apart("pylon"), PylonCamera(table))


@pytest.fixture(params=["virtual", "micro-manager", "pylon"])
def camera(request: pytest.FixtureRequest, apart: Callable[[str], Apart]) -> Iterator[Camera]:
    if request.param == "virtual":
        with virtual() as made:
            yield made
        return
    make = micro_manager_camera if request.param == "micro-manager" else pylon_camera
    real = make(apart)
    yield real
    real.close()


def taken(camera: Camera) -> tuple[list[int], RigError | None]:
    """Take frames to the end; return their numbers, and what ended them."""
    numbers = []
    try:
        numbers.extend(frame.number for frame in camera.frames())
    except RigError as error:
        return numbers, error
    return numbers, None


def test_it_says_what_it_is(camera: Camera) -> None:
    info = camera.open()
    assert info.name
    assert (info.width, info.height) == (WIDTH, HEIGHT)
    assert 8 <= info.bits <= 16
    assert info.rate == 100.0
    assert info.host in ("monotonic", "rig")


def test_a_sequence_has_the_frames_that_were_asked_for(camera: Camera) -> None:
    info = camera.open()
    camera.start(12)
    frames = [(f.number, f.host, f.clock, f.picture.copy()) for f in camera.frames()]
    assert [number for number, *_ in frames] == list(range(12))
    assert np.all(np.diff([host for _, host, _, _ in frames]) >= 0)
    stamps = [clock for _, _, clock, _ in frames]
    assert np.all(np.isnan(stamps)) or np.all(np.diff(stamps) > -1e-3)
    for *_, picture in frames:
        assert picture.shape == (info.height, info.width)
        assert picture.dtype in (np.uint8, np.uint16)
        assert int(picture.max()) < 1 << info.bits


def test_exposures_are_told(camera: Camera) -> None:
    camera.open()
    camera.start(1)
    (frame,) = camera.frames()
    assert math.isnan(frame.exposure) or 0 < frame.exposure < 1


def test_stop_ends_a_sequence_from_another_thread(camera: Camera) -> None:
    camera.open()
    camera.start(1_000_000)
    seen = 0
    for _ in camera.frames():
        seen += 1
        if seen == 3:
            stopper = threading.Thread(target=camera.stop)
            stopper.start()
    stopper.join()
    assert seen >= 3


def test_it_may_be_closed_twice_and_before_the_end(camera: Camera) -> None:
    camera.open()
    camera.start(100)
    assert len(list(islice(camera.frames(), 2))) == 2
    camera.close()
    camera.close()


def test_it_goes_to_its_process_by_pickle() -> None:
    for made in (MicroManagerCamera(micro_manager()), PylonCamera(pylon())):
        assert type(pickle.loads(pickle.dumps(made))) is type(made)
    with virtual() as made_virtual:
        del made_virtual.open  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(made_virtual)) is not made_virtual


def test_a_camera_that_is_not_there_is_told(apart: Callable[[str], Apart]) -> None:
    made = micro_manager_camera(apart, load=["DemoCamera", "NoSuch"])
    with pytest.raises(RigError, match="Micro-Manager refuses"):
        made.open()
    made.close()
    table = pylon().model_copy(update={"device": "0815"})
    other = CameraApart(apart("pylon"), PylonCamera(table))
    with pytest.raises(RigError, match="serial number 0815 is found"):
        other.open()
    other.close()


@pytest.mark.parametrize("make", [micro_manager_camera, pylon_camera])
def test_a_setting_that_it_does_not_have_is_told(
    make: Callable[..., CameraApart], apart: Callable[[str], Apart]
) -> None:
    made = make(apart, NoSuch=1)
    with pytest.raises(RigError, match="NoSuch"):
        made.open()
    made.close()


def test_micro_manager_stops_on_overflow_and_keeps_what_it_has(
    apart: Callable[[str], Apart],
) -> None:
    made = micro_manager_camera(apart, buffer=1, OnCameraCCDXSize=512, OnCameraCCDYSize=512)
    made.open()
    made.start(1000)
    wait_for(lambda: not made.call("_core.isSequenceRunning"))  # nobody takes a frame
    numbers, error = taken(made)
    assert error is not None
    assert error.code == "camera-overflow"
    assert "buffer of frames is full" in str(error)
    assert numbers == list(range(len(numbers)))
    assert numbers
    made.close()


def test_a_buffer_that_failed_is_a_gap_in_pylons_numbers(apart: Callable[[str], Apart]) -> None:
    made = pylon_camera(apart, ForceFailedBufferCount=3, ForceFailedBuffer="execute")
    made.open()
    made.start(10)
    numbers = [frame.number for frame in made.frames()]
    assert len(numbers) == 7
    assert max(numbers) - min(numbers) >= 6
    made.close()


@pytest.mark.parametrize(
    ("fault", "code"), [("overflow_at", "camera-overflow"), ("unplugged_at", "camera-unplugged")]
)
def test_faults_of_the_virtual_camera(fault: str, code: str) -> None:
    with virtual(**{fault: 5}) as camera:
        camera.open()
        camera.start(100)
        numbers, error = taken(camera)
        assert error is not None
        assert error.code == code
        assert numbers == list(range(5))


def test_lost_frames_are_gaps_in_the_numbers() -> None:
    with virtual(lost=0.3) as camera:
        camera.open()
        camera.start(60)
        numbers = [frame.number for frame in camera.frames()]
    assert 20 < len(numbers) < 58
    assert np.all(np.diff(numbers) >= 1)
