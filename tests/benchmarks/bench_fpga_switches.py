"""The whole rig contract under both answers to each question of the bench list, by pytest.

`python tests/benchmarks/bench_fpga_switches.py [pytest options]`, such as `-k contact` or `-n 2`.
What is refused when the rig is opened (see `tests/test_fpga_switches.py`) is not here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fpga_bench import fpga_rig
from rig_contract import RigContract

from seccm.rig import Rig

SETTINGS: dict[str, dict[str, Any]] = {
    "B2Paused": {"paused_rows": False},
    "B2DropsWords": {"when_full": "drops words"},
    "B3Late": {"age": "10 ms"},
    "B4Last": {"compares": "last"},
    "B4Equality": {"equality": False},
    "B6Resets": {"dies": "reset"},
    "B7KeepsLines": {"stop_purges": False, "left_words": 9},
    "B8Wraps": {"first_line": 32_760},
    "B8Saturates": {"first_line": 32_760, "tags": "saturate"},
    "B9Milliseconds": {"hold_scale": 40_000},
    "B10Still": {"jumps_while_z_moves": False},
    "B11Distance": {"retract_word": "distance"},
    "B12Longer": {"extra_ticks": 203},
    "B13Gain": {"gain_error": 5e-5},
    "B14Railed": {"open_words": "railed"},
    "B14Noisy": {"open_words": "noisy"},
    "SlowFetch": {"fetch": "0.5 ms"},
}
"""Of the target, where it is not as believed (`tests/test_fpga_rig.py`). B1, B5, B15 and B16 are
refused or end a run; so is B13 beyond what the rig file takes (`tests/test_agreement.py`)."""


def _made(switches: dict[str, Any]) -> Any:
    class UnderSwitches(RigContract):
        """The contract on a target that is otherwise."""

        @pytest.fixture
        def rig(self) -> Iterator[Rig]:
            """Above a resistor."""
            rig = fpga_rig(switches)
            yield rig
            rig.close()

    return UnderSwitches


for _name, _switches in SETTINGS.items():
    globals()[f"Test{_name}"] = _made(_switches)


if __name__ == "__main__":
    own = ["-o", "python_files=bench_fpga_switches.py", "-p", "no:cacheprovider", "-q"]
    sys.exit(pytest.main([__file__, *own, *sys.argv[1:]]))
