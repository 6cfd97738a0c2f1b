"""How both neural networks of PyTorch are trained: Adam, batches of 64, a fixed number of epochs, nothing chosen."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.systems.fitted import Fitted

BATCH_SIZE = 64


def fit_network(
    build: Callable[[int], nn.Module], features: np.ndarray, emotions: np.ndarray, epochs: int, seed: int
) -> Fitted:
    """Trains what `build(number of emotions)` gives on (n, ..., values) features.

    Each value is brought to mean 0 and variance 1 over the training clips; NaN, where a clip has no such frame, stays.
    """
    torch.manual_seed(seed)
    scaler = StandardScaler().fit(features.reshape(-1, features.shape[-1]))
    names, classes = np.unique(emotions, return_inverse=True)

    def scaled(features: np.ndarray) -> Tensor:
        values = scaler.transform(features.reshape(-1, features.shape[-1]))
        return torch.from_numpy(values.reshape(features.shape).astype(np.float32))

    network = build(len(names))
    optimizer = torch.optim.Adam(network.parameters())
    clips = TensorDataset(scaled(features), torch.from_numpy(classes))
    for _ in range(epochs):
        for batch, wanted in DataLoader(clips, BATCH_SIZE, shuffle=True, drop_last=len(clips) > BATCH_SIZE):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(batch), wanted).backward()
            optimizer.step()
    network.eval()

    @torch.inference_mode()
    def answer(features: np.ndarray) -> np.ndarray:
        logits = [network(batch) for batch in scaled(features).split(1024)]
        return names[torch.cat(logits).argmax(1).numpy()]

    return Fitted(answer, sum(parameter.numel() for parameter in network.parameters()))
