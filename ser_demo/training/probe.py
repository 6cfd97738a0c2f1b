"""A new classifier's first weights: the best there are for the network as it is, before all of it trains.

A classifier that starts at random sends its own errors into the layers below, and spoils what they had learned, before
it knows better. So it is fitted alone first (linear probing, then fine-tuning: Kumar et al., 2022, arXiv:2202.10054).
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import PreTrainedModel, SequenceFeatureExtractor

from ser_demo.training.architectures import output_layer
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.hearing import BATCH_SIZE, hear
from ser_demo.training.losses import masked_cross_entropy, sampling_weights

PENALTY = 0.03  # times the mean square of what the weights add to a logit
STEPS = 200  # of L-BFGS; a hundred are enough as a rule


def fit_classifier(
    model: PreTrainedModel,
    extractor: SequenceFeatureExtractor,
    hearings: Sequence[ClipDataset],
    balance: float,
    label_smoothing: float,
    tell: Callable[[int, int], None],
) -> None:
    """Fits the last layer of `model` to clips, which minimises what the training will minimise.

    Args:
        model: its last layer is changed.
        extractor: of the network.
        hearings: the clips that train, as often as they are to be heard: as they are, and with their augmentations.
        balance: see `sampling_weights`.
        label_smoothing: see `masked_cross_entropy`.
        tell: gets how many clips are heard and in all.
    """
    layer = output_layer(model)
    clips: torch.utils.data.ConcatDataset = torch.utils.data.ConcatDataset(hearings)
    inputs = torch.empty(len(clips), layer.in_features)  # the most memory that a training takes: it is there but once
    batches = iter(inputs.split(BATCH_SIZE))

    def note(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        next(batches).copy_(given[0])

    hook = layer.register_forward_pre_hook(note)
    hear(model, extractor, clips, tell)
    hook.remove()
    means, deviation = inputs.mean(0), inputs.std(0, correction=0).clamp(min=1e-6)
    scaled = inputs.sub_(means).div_(deviation)
    weights = torch.zeros(layer.out_features, layer.in_features, requires_grad=True)  # of inputs of deviation 1
    biases = torch.zeros(layer.out_features, requires_grad=True)
    targets = torch.from_numpy(np.concatenate([clips.targets for clips in hearings]))
    known = torch.from_numpy(np.concatenate([clips.known for clips in hearings]))
    counts = torch.from_numpy(np.concatenate([sampling_weights(clips.table, balance) for clips in hearings])).float()
    optimizer = torch.optim.LBFGS([weights, biases], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = scaled @ weights.T + biases
        loss = masked_cross_entropy(logits, targets, known, label_smoothing, counts) + PENALTY * weights.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():  # copied to wherever the network is
        of_inputs = weights / deviation
        layer.weight.copy_(of_inputs)
        if layer.bias is not None:
            layer.bias.copy_(biases - of_inputs @ means)
