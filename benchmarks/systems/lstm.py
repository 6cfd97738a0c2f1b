"""The TESS notebook's LSTM of 123 units, reading MFCC frame by frame."""

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.systems.fitted import Fitted
from benchmarks.systems.network import fit_network


class Lstm(nn.Module):
    """Logits (n, emotions) of (n, frames, 40) MFCC whose frames after a clip's end are NaN."""

    def __init__(self, emotions: int):
        super().__init__()
        self.lstm = nn.LSTM(40, 123, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(123, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(32, emotions),
        )  # fmt: skip

    def forward(self, mfcc: Tensor) -> Tensor:
        last = (~mfcc[:, :, 0].isnan()).sum(1) - 1
        states, _ = self.lstm(mfcc.nan_to_num())
        return self.head(states[torch.arange(len(mfcc)), last])


def fit(features: np.ndarray, emotions: np.ndarray, epochs: int, seed: int) -> Fitted:
    """Trains on (n, 94, 40) `features.frames`."""
    return fit_network(Lstm, features, emotions, epochs, seed)
