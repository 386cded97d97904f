"""Replacing the features of a closed file after another analysis."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data import repair, seal, vetting
from seccm.data.earlier import upgrade
from seccm.data.header import refuse_newer
from seccm.data.layout import QUALITY, Column, add_column, add_feature
from seccm.data.nexus import describe
from seccm.data.readable import FAILURES, columns_of
from seccm.data.retiming import retime
from seccm.data.ruins import let_alone
from seccm.data.site_rows import as_written, write_checksums
from seccm.data.step_tables import Refound
from seccm.data.table import Table
from seccm.data.trouble import discard, said, written
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError
from seccm.movie.facts import Sync
from seccm.shell import command


@dataclass(frozen=True, slots=True)
class FeatureValues:
    """One feature of every site; all arrays of shape (sites,)."""

    column: Column
    values: npt.NDArray[np.float64]
    """In SI, NaN where undefined."""
    errors: npt.NDArray[np.float64]
    """Standard uncertainties."""
    statuses: npt.NDArray[np.uint8]

    def keep(self, sites: Table, number: int) -> None:
        """Leave at one site what a file has."""
        name = self.column.name
        self.values[number] = sites[name][number]
        self.errors[number] = sites[f"{name}_err"][number]
        self.statuses[number] = sites[f"{name}_status"][number]


def rewrite_features(
    path: Path | str,
    features: Mapping[str, FeatureValues],
    statuses: Mapping[int, str],
    quality: npt.NDArray[np.uint32] | None = None,
    found: Refound | None = None,
) -> None:
    """Store other values of features, or features that are new; all at once or not at all.

    Args:
        path: a closed file; the change is made on a copy that then takes its place.
        features: by name; those not mentioned stay as they are.
        statuses: what the status codes mean.
        quality: the quality flags of every site, if they are new too.
        found: the results of the steps, if they are new too. A file of an earlier format gets the
            tables for them.

    Raises:
        DataFileError: the file is in use, or an array has not one value for each site.
    """
    path = Path(path)
    with _rewriting(path, "the features") as (file, right):
        if found is not None:
            found.store(file)
        for name, feature in features.items():
            _drop_unreadable(file, name, f"{name}_err", f"{name}_status")
            if name not in file:
                add_feature(file, feature.column, statuses)
            _replace(path, file, name, feature.values)
            _replace(path, file, f"{name}_err", feature.errors)
            _replace(path, file, f"{name}_status", feature.statuses)
        if quality is not None:
            _drop_unreadable(file, "quality")
            if "quality" not in file:
                add_column(file, QUALITY, "site")
            _replace(path, file, "quality", quality)
        write_checksums(path, file, right)


def rewrite_times(path: Path, sync: Sync) -> None:
    """Store the times of frames as another way to know them has them; all at once or not at all.

    Args:
        path: a closed file of a run with a camera; the change is made on a copy that then takes
            its place. Frames, edges and stamps stay as they were found.
        sync: what gives the times.

    Raises:
        DataFileError: the file is in use, or cannot be written.
    """
    with _rewriting(path, "the times of the frames") as (file, _):
        retime(file, path, sync)


def rewrite_notes(path: Path | str, notes: Mapping[str, str]) -> None:
    """Store other notes of a closed file; all at once or not at all.

    Args:
        path: the file; the change is made on a copy that then takes its place.
        notes: texts by the names of their attributes; an empty text takes one out. Those that are
            not mentioned stay as they are.

    Raises:
        DataFileError: the file is in use, or cannot be written.
    """
    with _rewriting(Path(path), "the notes") as (file, _):
        for name, text in notes.items():
            if text:
                file.attrs[name] = text
            elif name in file.attrs:
                del file.attrs[name]


@contextmanager
def _rewriting(path: Path, what: str) -> Iterator[tuple[h5py.File, npt.NDArray[np.bool_]]]:
    """Give a copy of a closed file to be changed, which takes its place unless something fails.

    Args:
        path: of the file.
        what: is changed, in the plural, for messages.

    Yields:
        The copy, and which rows of sites were right in it.

    Raises:
        DataFileError: the file is in use, or cannot be written.
    """
    if repair.mark(path):
        raise DataFileError(
            f"{path}: the run is not over, or its program was killed. Wait for its end, or resume "
            "it; to leave it as it is, first run: "
            + command("python", "-m", "seccm.data", "repair", path)
        )
    if not os.access(path, os.W_OK):
        raise DataFileError(f"{path}: the file is write-protected, and was left as it is.")
    place = Whereabouts(path)
    part = path.with_name(path.name + ".tmp")
    try:
        vetting.vet(path)
        shutil.copyfile(path, part)
        with written(part, "r+") as file:
            refuse_newer(file, path)
            upgrade(path, file)
            yield file, as_written(columns_of(path, file))
            describe(file)  # last: results that are new have groups for viewers, too
        seal.seal(part)
        place.take_place(part)
    except FAILURES as error:
        raise DataFileError(
            f"{path}: {what} cannot be stored: {said(error)}. The file is as "
            "it was; this needs a folder that can be written, and space for a copy."
        ) from error
    finally:
        place.close()
        discard(part)


def _drop_unreadable(file: h5py.File, *names: str) -> None:
    """Remove columns if one of them is damaged: they are about to be written again."""
    if names[0] not in file:
        return
    columns = [file[name] for name in names]
    try:
        for column in columns:
            column[:]
    except FAILURES:
        for column in columns:
            let_alone(column)
        for name in names:
            del file[name]


def _replace(path: Path, file: h5py.File, name: str, values: npt.NDArray[Any]) -> None:
    if values.shape != file[name].shape:
        raise DataFileError(
            f"{path}: {name} has {len(values)} values for {len(file[name])} sites. Nothing changed."
        )
    file[name][:] = values
