"""Recordings that are there more than once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd


def fingerprint(samples: np.ndarray) -> bytes:
    """Equal for equal sound: a hash of the decoded samples, (n,) float32, as 16-bit numbers.

    Not of the file, whose header may tell a title or a date. Copies that were coded with loss from the same original
    at the same setting decode to equal samples: those of CREMA-D and RAVDESS are found in Opus files too.
    """
    integers = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    return hashlib.blake2b(integers.tobytes(), digest_size=16).digest()


def find_duplicates(table: pd.DataFrame, fingerprints: Sequence[bytes]) -> dict[int, str]:
    """Which rows to set aside, and why.

    Under one label the first of equal recordings stays. Under several labels all go: nobody knows which is right.

    Args:
        table: n rows with the columns `path` and `emotion`.
        fingerprints: of the n recordings.
    """
    reasons: dict[int, str] = {}
    marks = pd.Series(fingerprints, dtype=object)
    several = marks[marks.duplicated(keep=False)]
    for rows in several.groupby(several).groups.values():
        equal = table.iloc[rows]
        files = [Path(path).name for path in equal["path"]]
        if equal["emotion"].nunique() > 1:
            labels = zip(rows, files, equal["emotion"], strict=True)
            found = {row: f"{file}, {emotion}" for row, file, emotion in labels}
            reasons |= {row: _other_label([name for other, name in found.items() if other != row]) for row in rows}
        else:
            reasons |= {row: f"double: {files[0]}" for row in rows[1:]}
    return reasons


def _other_label(names: list[str]) -> str:
    return f"double under another label: {'; '.join(names)}"
