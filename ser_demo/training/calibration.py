"""Temperature scaling (Guo et al., 2017): one number that makes 70 % mean 7 in 10, folded into the last layer."""

import numpy as np
import torch
from scipy.optimize import minimize_scalar


def fit_temperature(logits: np.ndarray, classes: np.ndarray, known: np.ndarray, weights: np.ndarray) -> float:
    """The temperature, 0.1 to 10, at which the logits (n, labels) best predict the classes (n,).

    `known` (n, labels) marks the labels of each clip's corpus, `weights` (n,) how much each clip counts.
    """

    def loss(log_temperature: float) -> float:
        scaled = torch.from_numpy(logits / np.exp(log_temperature)).masked_fill(torch.from_numpy(known) == 0, -1e4)
        return float((-scaled.log_softmax(1)[torch.arange(len(classes)), classes] * torch.from_numpy(weights)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def fold_temperature(classifier: torch.nn.Linear, temperature: float) -> None:
    """Divides the logits of `classifier` by `temperature`, for good."""
    with torch.no_grad():
        classifier.weight.div_(temperature)
        classifier.bias.div_(temperature)
