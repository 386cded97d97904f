"""What a client asks crosses the channel as a table, and means the same on the other side."""

from __future__ import annotations

from typing import get_args

import pytest
from small_scan import small_scan

from seccm.errors import SeccmError
from seccm.hopping.life import Request as Verb
from seccm.plan.instruction import Instruction
from seccm.remote import CoarseOrder, Job, Order
from seccm.remote.channel.wire import pack, unpack
from seccm.remote.messages.requests import (
    KINDS,
    Act,
    Action,
    ApproachCoarsely,
    Begin,
    Commission,
    Emergency,
    Halt,
    Here,
    Instruct,
    Keep,
    OpenRig,
    Quit,
    Release,
    Reply,
    Request,
    Steer,
    StopStep,
    TakeControl,
    request_from_plain,
    request_to_plain,
)

JOB = Job.new(small_scan(1, 1), "virtual", path="scan.h5", seed=3, faults=("drift",))
ORDER = Order("noise", {"seconds": "1 s"}, {"kind": "virtual"}, "rig.toml", "/tmp", 3)
COARSE = CoarseOrder(small_scan(1, 1).to_json(), {"kind": "virtual"}, "rig.toml", "/tmp")
EVERY: tuple[Request, ...] = (
    *(Here(), Halt(), Emergency(), Release(), StopStep(), Quit()),
    *(TakeControl(), TakeControl(force=True)),
    *(Steer(verb, "asked") for verb in Verb),
    *(Begin(JOB), OpenRig(JOB), Commission(ORDER), ApproachCoarsely(COARSE)),
    *(Act(action) for action in Action),
    Act(Action.JOG, {"axis": "x", "to": 5e-6, "speed": 1e-6}),
    *(Reply("Go on?", yes=yes) for yes in (True, False)),
    Keep("noise", calibrate=True),
    Instruct(Instruction("pin", 1e-6, 2e-6, {"j": "-1 mA/cm^2"}, who="Ada", why="Größer?").text),
)


def test_every_kind_of_request_is_tried_here():
    assert {type(request) for request in EVERY} == set(get_args(Request)) == set(KINDS.values())


@pytest.mark.parametrize("request_", EVERY, ids=lambda request: type(request).__name__)
def test_a_request_means_the_same_on_the_other_side(request_: Request):
    crossed = unpack(pack({**request_to_plain(request_), "ticket": 1}))
    back = request_from_plain(crossed)
    assert back == request_
    assert type(back) is type(request_)


def test_a_request_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(SeccmError, match=r"no request 'Dance'; there are: .*Halt, Emergency"):
        request_from_plain({"request": "Dance"})
