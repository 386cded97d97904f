"""Why a planner asked for its sites, as a data file keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seccm.data.pieces import in_pieces, joined
from seccm.data.step_results import Source
from seccm.data.tables import DECISIONS, Rows
from seccm.plan.decision import Decision


def decision_rows(decisions: Iterable[tuple[int, Decision]]) -> Rows:
    """Return the rows of some decisions, each with the number of its site."""
    return DECISIONS.rows(
        [
            {"site": number, "text": piece}
            for number, decision in decisions
            for piece in in_pieces(decision.text)
        ]
    )


class Decisions(Mapping[int, Decision]):
    """The decisions in a file by the numbers of their sites; those that can be read.

    That of a number behind the last site says why the planner asked for no more.

    Args:
        source: gives the rows of tables of the file.
    """

    def __init__(self, source: Source) -> None:
        self._texts = joined(*source.table(DECISIONS), DECISIONS)
        self._made: dict[int, Decision] = {}
        for number, text in self._texts.items():
            try:
                self._made[number] = Decision.read(text)
            except ValueError:
                continue  # damaged: the site is there without it

    def __getitem__(self, number: int) -> Decision:
        return self._made[number]

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._made))

    def __len__(self) -> int:
        return len(self._made)
