"""Results that steps of more than one kind yield."""

from __future__ import annotations

from typing import get_args

from seccm.events import EndReason
from seccm.results.result import Result, potential

REASONS: tuple[str, ...] = get_args(EndReason)
"""What can end a step, in the order of the codes that are stored."""
E_END = potential("E_end", "potential at the end of the step, median of its last tenth",
                  r"$E_\mathrm{end}$", 310, mapped=True)  # fmt: skip
E_MID = potential("E_mid", "potential when half of the step's charge had passed",
                  r"$E_\mathrm{mid}$", 312)  # fmt: skip
T_SEEN = Result("t_seen", "s",
                "end of the usable record: nucleation came later if there was none",
                r"$t_\mathrm{seen}$")  # fmt: skip
Q = Result("Q", "C/m^2", "net charge of the step per area", "$Q$", signed=True, rank=330,
           mapped=True, follows="current")  # fmt: skip
_CODES = ", ".join(f"{code} {reason}" for code, reason in enumerate(REASONS))
ENDED_BY = Result("ended_by", "1", f"what ended the step: {_CODES}", "ended by", codes=REASONS)
OF_ANY_STEP = (Q, ENDED_BY)
"""What every step yields."""
