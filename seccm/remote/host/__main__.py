"""Be a host: `python -m seccm.remote.host NAME LINGER`; see `seccm.remote.host.process`."""

import sys

from seccm.remote.channel.endpoint import ChannelError
from seccm.remote.host.process import main

try:
    main(sys.argv[1], float(sys.argv[2]))
except ChannelError as error:
    sys.exit(str(error))
