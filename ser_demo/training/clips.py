"""The prepared recordings of a training, divided into the data sets that train and that choose."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ser_demo.corpora.anonymity import hide_names
from ser_demo.corpora.preparation import Prepared, prepare_clips
from ser_demo.errors import SerError
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.watch import Watch


def teaches(table: pd.DataFrame, wanted: pd.Series) -> pd.Series:
    """(n,) which of the `wanted` clips are of a corpus that has several emotions among them.

    Labels that a corpus lacks are masked out of its loss and of its figures. So nothing can be learnt from one that is
    neutral throughout, and its UAR is 100 %, whatever the network answers.
    """
    return wanted & (table["emotion"].where(wanted).groupby(table["corpus"]).transform("nunique") > 1)


def prepare(table: pd.DataFrame, splits: Sequence[str], labels: Sequence[str], watch: Watch) -> Prepared:
    """The clips of the splits whose emotion is among `labels`; those set aside are named.

    Corpora are left out that hold one of these emotions only, see `teaches`. A recording that is among those of split
    "test" too, under whatever name, is set aside.

    Args:
        table: of `read_corpora`, with the column `split`.
        splits: "train" and "dev", or one of them.
        labels: the network's.
        watch: told of the progress.

    Raises:
        SerError: nothing is left of a split.
    """
    wanted = table["split"].isin(splits) & table["emotion"].isin(labels)
    useful = teaches(table, wanted)
    for corpus, alike in table[wanted & ~useful]["emotion"].groupby(table["corpus"]):
        watch.log(
            f"left out: {corpus}, all {len(alike)} clips of which are {alike.iloc[0]}: emotions are told apart within "
            "a corpus. To train on them, give them the name of another one in a CSV's column corpus."
        )
    rows = hide_names(table)[useful].reset_index(drop=True)
    test_paths = table.loc[table["split"] == "test", "path"].tolist()
    prepared = prepare_clips(rows, test_paths, lambda done, total: watch.progress("decoding", done, total))
    for rejected in prepared.rejected:
        watch.log(f"set aside: {Path(rejected.path).name}: {rejected.reason}")
    if missing := set(splits) - set(prepared.table["split"]):
        raise SerError(f"no {' and no '.join(sorted(missing))} recording is left: all were set aside, see above.")
    return prepared


def dataset(prepared: Prepared, split: str, labels: Sequence[str], augmentations: Sequence[str] = ()) -> ClipDataset:
    """The clips of one split; a corpus knows the labels of all its clips, in whichever split they are."""
    rows = np.flatnonzero(prepared.table["split"] == split)
    part = prepared.table.iloc[rows].reset_index(drop=True)
    return ClipDataset(part, [prepared.clips[row] for row in rows], labels, augmentations, prepared.table)
