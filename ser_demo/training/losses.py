"""What a training minimises, and what its development figures are."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score
from transformers import EvalPrediction

from ser_demo.evaluation.metrics import guess, restrict, unweighted_average_recall


def masked_cross_entropy(
    logits: torch.Tensor,
    labels: torch.Tensor,
    known: torch.Tensor,
    smoothing: float,
    counts: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy over the labels that each clip's corpus knows.

    A corpus without "calm" says nothing about whether a clip is calm, so calm neither gains nor loses by it.

    Args:
        logits: (n, labels).
        labels: (n, labels), soft, summing to 1 over the known labels.
        known: (n, labels), 1 for the labels of the clip's corpus, 0 for the others.
        smoothing: share of each label that is spread over all known ones (Szegedy et al., 2016), 0 to 1.
        counts: (n,), how much each clip counts; alike when left out.
    """
    smoothed = (1 - smoothing) * labels + smoothing * known / known.sum(1, keepdim=True)
    log_probabilities = logits.float().masked_fill(known == 0, -1e4).log_softmax(1)
    losses = -(smoothed * log_probabilities * known).sum(1)
    return losses.mean() if counts is None else (losses * counts).sum() / counts.sum()


def sampling_weights(table: pd.DataFrame, balance: float) -> np.ndarray:
    """(n,) how often each clip is drawn, in proportion.

    A `balance` of 0 draws clips as they are there, one of 1 the corpora alike and within each of them its emotions
    alike, and what lies between weakens both.
    """
    corpus = table.groupby("corpus")["path"].transform("size")
    emotion = table.groupby(["corpus", "emotion"])["path"].transform("size")
    kinds = table.groupby("corpus")["emotion"].transform("nunique")
    return (corpus**-balance * (emotion * kinds / corpus) ** -balance).to_numpy(copy=True)


def development_metrics(table: pd.DataFrame) -> Callable[[EvalPrediction], dict[str, float]]:
    """The Trainer's `compute_metrics`: UAR and accuracy over each corpus' own labels, and their means over the corpora.

    A corpus counts by the root of its number of clips, as the certainty of its figure grows: one speaker with a few
    clips does not choose the epoch, and the largest corpus does not choose it alone.
    """

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        labels, known = cast(tuple[np.ndarray, np.ndarray], prediction.label_ids)
        probabilities = restrict(torch.tensor(prediction.predictions).softmax(1).numpy(), known)
        classes = labels.argmax(1)
        corpora = table.groupby("corpus").indices
        uar = {name: unweighted_average_recall(classes[rows], probabilities[rows]) for name, rows in corpora.items()}
        right = [accuracy_score(classes[rows], guess(probabilities[rows])) for rows in corpora.values()]
        weights = [len(rows) ** 0.5 for rows in corpora.values()]
        return {
            **{f"uar_{corpus}": figure for corpus, figure in uar.items()},
            "uar": float(np.average(list(uar.values()), weights=weights)),
            "accuracy": float(np.average(right, weights=weights)),
        }

    return compute
