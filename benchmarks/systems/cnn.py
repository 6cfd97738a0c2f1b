"""The four-corpus notebook's one-dimensional convolutions along the list of features, with residual connections."""

import numpy as np
from torch import Tensor, nn

from benchmarks.systems.fitted import Fitted
from benchmarks.systems.network import fit_network


class Residual(nn.Module):
    """Two convolutions beside a shortcut (He et al., 2016), then half the length: (n, c, l) to (n, `channels`, l/2)."""

    def __init__(self, before: int, channels: int):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv1d(before, channels, 5, padding=2), nn.BatchNorm1d(channels), nn.ReLU(),
            nn.Conv1d(channels, channels, 5, padding=2), nn.BatchNorm1d(channels),
        )  # fmt: skip
        self.shortcut = nn.Conv1d(before, channels, 1)
        self.end = nn.Sequential(nn.ReLU(), nn.MaxPool1d(2))

    def forward(self, values: Tensor) -> Tensor:
        return self.end(self.path(values) + self.shortcut(values))


def build(emotions: int) -> nn.Module:
    """Logits (n, emotions) of (n, 182) features. Flattened at the end: a position is a feature, not a moment."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 182)), Residual(1, 16), Residual(16, 32), Residual(32, 64), Residual(64, 64),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 11, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, emotions),
    )  # fmt: skip


def fit(features: np.ndarray, emotions: np.ndarray, epochs: int, seed: int) -> Fitted:
    """Trains on (n, 182) rows of `features.copies`."""
    return fit_network(build, features, emotions, epochs, seed)
