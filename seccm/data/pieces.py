"""Long texts in tables of short ones: cut into pieces, and put together again."""

from __future__ import annotations

from seccm.arrays import BoolArray
from seccm.data.tables import PIECE, Grown, Rows


def in_pieces(text: str) -> list[str]:
    """Return a text in pieces that fit into a row each.

    Args:
        text: in ASCII: a piece ends nowhere within a character.
    """
    return [text[k : k + PIECE] for k in range(0, len(text), PIECE)]


def joined(rows: Rows, whole: BoolArray, table: Grown) -> dict[int, str]:
    """Return the texts that can be read, by number.

    Args:
        rows: of the table; its first column is the number of the text, its second a piece of it.
        whole: which of them are as they were written.
        table: that they are of.
    """
    number, piece = (column.name for column in table.columns)
    pieces: dict[int, list[bytes]] = {}
    damaged = set()
    each = zip(rows[number].tolist(), rows[piece].tolist(), whole.tolist(), strict=True)
    for of, part, good in each:
        pieces.setdefault(of, []).append(part)
        if not good:
            damaged.add(of)
    return {
        of: b"".join(parts).decode(errors="replace")
        for of, parts in pieces.items()
        if of not in damaged
    }
