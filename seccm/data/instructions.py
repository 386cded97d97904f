"""What persons told a run with a planner, as a data file keeps it."""

from __future__ import annotations

from seccm.data.pieces import in_pieces, joined
from seccm.data.step_results import Source
from seccm.data.tables import INSTRUCTIONS, Rows
from seccm.plan.instruction import Instruction


def instruction_rows(number: int, instruction: Instruction) -> Rows:
    """Return the rows of an instruction."""
    pieces = in_pieces(instruction.text)
    return INSTRUCTIONS.rows([{"number": number, "text": piece} for piece in pieces])


def read_instructions(source: Source) -> dict[int, Instruction]:
    """Return the instructions of a file that can be read, by their numbers.

    Args:
        source: gives the rows of tables of the file.
    """
    found = {}
    for number, text in sorted(joined(*source.table(INSTRUCTIONS), INSTRUCTIONS).items()):
        try:
            found[number] = Instruction.read(text)
        except ValueError:
            continue  # damaged, or of a later version
    return found
