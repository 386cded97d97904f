"""What the table of a cell has to say, whatever card drives it."""

from __future__ import annotations


def refuse_senseless_modes(
    potential: object, current: object, overload: object, switch: object, key: str
) -> None:
    """Refuse a cell without a mode, or with a switch that chooses nothing.

    Args:
        potential: the table of the potentiostat; None without one.
        current: the table of the galvanostat; None without one.
        overload: what the potential reads without a closed circuit; None where nobody says.
        switch: what chooses between both; None without it.
        key: its key in the table.

    Raises:
        ValueError: it makes no sense, in words.
    """
    if potential is None and current is None:
        raise ValueError("needs one of the tables potential and current")
    both = potential is not None and current is not None
    if both and switch is None:
        raise ValueError(
            f"has both potential and current, and no {key} to choose between them; where a "
            "person turns the switch, keep one table a rig file"
        )
    if not both and switch is not None:
        raise ValueError(f"{key} chooses between potential and current; one is missing")
    if (current is None) != (overload is None):
        raise ValueError("overload belongs to a galvanostat: give both, or neither")
