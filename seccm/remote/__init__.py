"""A run in a process of its own, and the client through which others follow and steer it.

    window, script --> Client ==(local socket or pipe, authenticated)==> Host --> Run --> rig

Theory of operation. The host runs the scan in one thread, which hands every block and event to
a `Feed` and goes on: it waits for nobody. A second thread turns what was handed over, about 30
times a second, into a bounded log of facts and a bounded ring of thinned-out rows. Each client
has a thread that sends it what it has not seen yet. A client that is slow misses rows, never
facts; one so slow that the log has moved past it is sent a new snapshot. A client that dies, or
was never there, changes nothing.

What crosses is JSON and raw arrays, only after both sides have proved that they know the key in
a file that its owner alone can read. Nothing is ever unpickled.

`channel` carries messages, `messages` says what they are, `host` is the side that has the rig,
`client` the side that follows it.
"""

from seccm.remote.channel.endpoint import ChannelError, Running
from seccm.remote.client.client import Client
from seccm.remote.messages.coarse import CoarseOrder
from seccm.remote.messages.commissioning import Found, Order
from seccm.remote.messages.job import Failure, Job
from seccm.remote.messages.news import Answer, News, Progress, Snapshot
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.site_list import SiteList
from seccm.remote.messages.trace import Trace

__all__ = [
    "Answer",
    "ChannelError",
    "Client",
    "CoarseOrder",
    "Failure",
    "Found",
    "Job",
    "News",
    "Order",
    "Overview",
    "Progress",
    "Running",
    "SiteList",
    "Snapshot",
    "Trace",
]
