"""Reading frames of a movie, also of one that grows: by place, without walking through it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seccm.errors import DataFileError
from seccm.movie.mending import look_at
from seccm.movie.pages import PageLayout, Picture


class Movie:
    """A movie that is read frame by frame; nothing of it is held open or in memory.

    Args:
        path: of the movie.

    Raises:
        DataFileError: it is missing, or no movie of this program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.layout: PageLayout = look_at(path).layout

    def __len__(self) -> int:
        """Return how many whole frames there are now."""
        return look_at(self.path).pages

    def frame(self, page: int) -> Picture:
        """Return the frame on a page, shape (height, width).

        Raises:
            DataFileError: there is no such page, or it cannot be read.
        """
        layout = self.layout
        count = layout.width * layout.height
        try:
            flat = np.fromfile(self.path, layout.dtype, count, offset=layout.offset(page))
        except OSError as error:
            raise DataFileError(f"{self.path}: frame {page} cannot be read ({error}).") from error
        if page < 0 or flat.size < count:
            raise DataFileError(f"{self.path}: there is no frame {page} in the movie.")
        return flat.reshape(layout.height, layout.width)
