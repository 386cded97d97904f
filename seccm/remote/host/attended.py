"""A run that is carried out here, by a script or the command line, in the company of others.

While it goes on, other programs of this user find it (`seccm runs`), follow and steer it
(`seccm ask`, the window) through the same kind of channel as a run in a process of its own. Where
no channel can be opened, the run does without.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from seccm import session
from seccm.remote.channel.endpoint import ChannelError, Endpoint
from seccm.remote.channel.line import Pipe
from seccm.remote.host.door import Door
from seccm.remote.host.host import Host
from seccm.remote.host.process import announcing
from seccm.remote.messages.overview import Overview
from seccm.session import Events, Run

P = ParamSpec("P")


def attended(prepare: Callable[P, Run]) -> Callable[P, Run]:
    """Have the runs that a function prepares found by other programs while they go on."""

    @wraps(prepare)
    def prepared(*args: P.args, **kwargs: P.kwargs) -> Run:
        run = prepare(*args, **kwargs)
        run.company = lambda events: _in_company(run, events)
        return run

    return prepared


run = attended(session.run)
resume = attended(session.resume)


def _in_company(run: Run, events: Events) -> Events:
    """Pass the events of a run on, while others may follow and steer it."""

    def admit(pipe: Pipe) -> None:
        # Rows are thinned out for those who look, not for nobody.
        run.watch(host.look)
        host.admit(pipe)

    endpoint = door = None
    try:
        endpoint = Endpoint.named(secrets.token_hex(4))
        key = endpoint.create()
        host = Host(announce=announcing(endpoint))
        door = Door(endpoint, key, admit)
        resumed = len(run.sites) < run.known
        host.attend(run, Overview.of_file(run.path) if resumed else Overview.planned(run.known))
    except (ChannelError, OSError) as error:
        run.alone = f"Other programs cannot find this run: {error}"
        if door is not None:
            door.close()
        if endpoint is not None:
            endpoint.remove()
        yield from events
        return
    beat = threading.Thread(target=host.serve, args=(float("inf"),), name="host", daemon=True)
    beat.start()
    try:
        for event in events:
            host.tell(event)
            yield event
    finally:
        try:
            events.close()
        finally:
            door.close()
            host.quit()
            beat.join()
            endpoint.remove()
