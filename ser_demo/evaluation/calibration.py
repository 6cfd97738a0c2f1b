"""Makes 70 % mean 7 in 10: a temperature and a bias per label, folded into the last layer.

Temperature scaling (Guo et al., 2017) with the biases of its vector form. The biases matter because training masks the
labels that a corpus lacks out of its loss: nothing there stops "calm", which one corpus in four has, from swallowing
the sad voices of the other three. So they are fitted over all labels, on the development speakers. They are held small,
because an emotion that is rare there, and yet counts as much as any other, would pull them far for a clip or two.

A probability's logarithm is its logit up to a constant that softmax takes away again, so answers are enough to see a
network without its calibration, or with another one.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from ser_demo.evaluation.metrics import restrict

FILE = "calibration.json"
SHRINKAGE = 0.05  # what a squared bias costs; see benchmarks/quality.md
SPREAD = 0.5  # of the logarithm of a temperature, before clips tell more: 0.6 to 1.6 in two cases of three
SMALLEST = 1e-30  # stands for a probability of 0, which has no logarithm


@dataclass(frozen=True)
class Calibration:
    """What `finetune` has folded into a checkpoint: logits are the network's own `/ temperature + biases`."""

    temperature: float
    biases: dict[str, float]


def balanced_weights(table: pd.DataFrame) -> pd.Series:
    """(n,) how much each clip counts: every emotion as much as any other, and within it every corpus that has it."""
    corpora = table.groupby("emotion")["corpus"].transform("nunique")
    return 1 / (corpora * table.groupby(["corpus", "emotion"])["path"].transform("size"))


def fit_calibration(
    logits: np.ndarray, classes: np.ndarray, known: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray]:
    """The temperature and biases (labels,) at which `logits / temperature + biases` best predict the classes.

    Biases are about which emotions are answered, and are fitted over all labels with the emotions counting as `weights`
    says. Certainty is about how often an answer is right, so then `fit_temperature` finds how certain the answers among
    each clip's `known` labels may be.

    Args:
        logits: (n, labels).
        classes: (n,) the true labels.
        known: (n, labels) 1 for the labels among which each clip's answer is sought.
        weights: (n,) how much each clip counts.
    """
    rows = np.arange(len(classes))

    def loss(parameters: np.ndarray) -> float:
        predictions = log_softmax(logits / np.exp(parameters[0]) + parameters[1:], axis=1)
        cost = SHRINKAGE * float(np.sum(np.square(parameters[1:])))
        return float(-np.average(predictions[rows, classes], weights=weights)) + cost

    bounds = [(-3, 3), *[(-5, 5)] * logits.shape[1]]  # a handful of clips can be told apart with any certainty
    best = minimize(loss, np.zeros(1 + logits.shape[1]), method="L-BFGS-B", bounds=bounds).x
    own = np.exp(best[0]) * (best[1:] - best[1:].mean())  # what is added to the logits before any temperature
    temperature = fit_temperature(softmax(logits + own, axis=1), classes, known)
    return temperature, own / temperature


def fold_calibration(classifier: torch.nn.Linear, temperature: float, biases: np.ndarray) -> None:
    """Makes `classifier` give its calibrated logits, for good."""
    with torch.no_grad():
        classifier.weight.div_(temperature)
        classifier.bias.div_(temperature).add_(torch.from_numpy(biases).to(classifier.bias))


def read_calibration(checkpoint: str) -> Calibration | None:
    """What lies folded in a checkpoint (a folder or Hub id); None without a `calibration.json` such as ours."""
    try:
        is_folder = Path(checkpoint).is_dir()
        file = Path(checkpoint, FILE) if is_folder else Path(hf_hub_download(checkpoint, FILE))
        record: Any = json.loads(file.read_text(encoding="utf-8"))
        biases = {str(label): float(bias) for label, bias in record["biases"].items()}
        return Calibration(float(record["temperature"]), biases)
    except (EntryNotFoundError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def rescale(probabilities: np.ndarray, temperature: float, biases: np.ndarray | float = 0) -> np.ndarray:
    """(n, labels) probabilities of `logits / temperature + biases`, of those of the logits; rows of zeros stay."""
    logits = np.log(np.maximum(probabilities, SMALLEST))
    return softmax(logits / temperature + biases, axis=-1) * (probabilities.sum(-1, keepdims=True) > 0)


def unfold(probabilities: np.ndarray, calibration: Calibration, labels: list[str]) -> np.ndarray:
    """(n, labels) probabilities as they were before the calibration that is folded in."""
    biases = np.array([calibration.biases.get(label, 0.0) for label in labels])
    return rescale(probabilities, 1 / calibration.temperature, -biases * calibration.temperature)


def fit_temperature(probabilities: np.ndarray, classes: np.ndarray, known: np.ndarray) -> float:
    """The temperature at which `rescale` best predicts the classes, every clip counting alike.

    A few clips that are all right would sharpen the answers without end, so its logarithm is held to 0 as one that is
    drawn from a normal distribution of deviation `SPREAD`; thousands of clips do not feel that.

    Args:
        probabilities: (n, labels).
        classes: (n,) the true labels.
        known: (n, labels) 1 for the labels among which each clip's answer is sought.
    """
    rows = np.arange(len(classes))

    def loss(logarithm: float) -> float:
        predictions = restrict(rescale(probabilities, np.exp(logarithm)), known)[rows, classes]
        doubt = (logarithm / SPREAD) ** 2 / 2
        return float(doubt - np.log(np.maximum(predictions, SMALLEST)).sum()) / len(classes)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
