"""The one place where a story, a rig and time meet: read, record, feed, apply.

    rig.read() --> show (recorder, watchers) --> story --> actions to the rig, events to listeners

A story is whatever is done with a rig: a scan (`scan`), manual control (`manual`), a coarse
approach (`coarse`), a record with everything at rest (`at_rest`). Stories know no driver. What
every one of them gets here, and none can forget: a rig is opened for motion only with a plan that
it can carry out (`opening`); every block is shown before it is judged; somebody makes the rig safe
if no block comes (`safety`); and however a story ends, the rig ends safe and is let go of.
"""
