"""What a place of a map is worth."""

from __future__ import annotations

from enum import IntEnum


class PlaceStatus(IntEnum):
    """What a place of a map is worth; stored beside every map."""

    OK = 0
    OUTSIDE = 1
    UNCLEAR = 2
    AT_END = 3
    OTHER_SIGN = 4
    MEANINGLESS = 5

    @property
    def words(self) -> str:
        """Return what the status says, in plain words."""
        return _WORDS[self]


_WORDS = {
    PlaceStatus.OK: "ok",
    PlaceStatus.OUTSIDE: "outside of the footprint, or at its rim",
    PlaceStatus.UNCLEAR: "the change is not clearly above the noise",
    PlaceStatus.AT_END: "at an end of the record",
    PlaceStatus.OTHER_SIGN: "changes against the direction of growth",
    PlaceStatus.MEANINGLESS: "contrast turns over as the particles grow",
}
