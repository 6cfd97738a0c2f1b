"""Recordings to training clips: decoded and cleaned on all cores, the useless and the double ones set aside."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from ser_demo.corpora.cleaning import Cleaned, Clip, UselessError, clean, load_mono
from ser_demo.corpora.duplicates import find_duplicates, fingerprint
from ser_demo.errors import AudioError


@dataclass(frozen=True)
class Rejected:
    """A recording that was set aside, and why: "silent", "double: a.wav" and the like."""

    path: str
    reason: str


@dataclass(frozen=True)
class Prepared:
    """Training clips.

    Attributes:
        table: a row per clip, so several for a long recording. Beside the columns that it had: `start` and `end` of
            the clip's speech and `duration`, all in seconds of the recording, and `level`, that of the recording's
            speech in dBFS before it was changed.
        clips: of the rows.
        rejected: in the order of the recordings.
    """

    table: pd.DataFrame
    clips: list[Clip]
    rejected: list[Rejected]


def prepare_clips(table: pd.DataFrame, progress: Callable[[int, int], None]) -> Prepared:
    """Decodes every recording of `table`, all cores together; `progress` is told how many are done and in all.

    It takes about 13 ms of one core and 70 kB per recording of two and a half seconds.
    """
    cleaned: dict[int, Cleaned] = {}
    fingerprints: dict[int, bytes] = {}
    reasons: dict[int, str] = {}
    # The decoders and the speech detector compute outside of Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, outcome in enumerate(pool.map(_prepare, table["path"])):
            if isinstance(outcome, str):
                reasons[row] = outcome
            else:
                cleaned[row], fingerprints[row] = outcome
            progress(row + 1, len(table))
    usable = list(cleaned)
    for position, reason in find_duplicates(table.iloc[usable], list(fingerprints.values())).items():
        reasons[usable[position]] = reason
    kept = [row for row in usable if row not in reasons]
    return Prepared(
        table=_describe(table, {row: cleaned[row] for row in kept}),
        clips=[clip for row in kept for clip in cleaned[row].clips],
        rejected=[Rejected(table["path"].iloc[row], reason) for row, reason in sorted(reasons.items())],
    )


def _prepare(path: str) -> tuple[Cleaned, bytes] | str:
    """A recording's clips and fingerprint, or why there are none."""
    try:
        samples = load_mono(path)
        return clean(samples), fingerprint(samples)
    except AudioError as error:
        return f"unreadable: {error.problem}"
    except UselessError as error:
        return str(error)


def _describe(table: pd.DataFrame, cleaned: dict[int, Cleaned]) -> pd.DataFrame:
    rows = [row for row, recording in cleaned.items() for _ in recording.clips]
    return (
        table.iloc[rows]
        .reset_index(drop=True)
        .assign(
            start=[start for recording in cleaned.values() for start in recording.starts],
            end=[end for recording in cleaned.values() for end in recording.ends],
            duration=[cleaned[row].duration for row in rows],
            level=[cleaned[row].level for row in rows],
        )
    )
