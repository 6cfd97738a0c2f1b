"""The values in the middle of feed-forward parts brought into the order of another network's.

Networks that started from differently thinned layers (`pretrained.start_from_whisper` keeps what moves most on the
clips that train) hold nearly the same values in other places. Their order changes nothing that a network answers, but
without it the mean of two networks is that of unrelated values and knows nothing (weight matching: Ainsworth et al.,
2023, arXiv:2209.04836).
"""

import torch
from scipy.optimize import linear_sum_assignment
from torch import nn
from transformers import PreTrainedModel


@torch.no_grad()
def align(network: PreTrainedModel, reference: PreTrainedModel) -> None:
    """Reorders the values between `fc1` and `fc2` of each layer of `network` so that they resemble `reference`'s most.

    What `network` answers stays as it is. Layers that have no such two, as of other architectures than Whisper's, stay.

    Args:
        network, reference: of the same shape.
    """
    for (first, last), (wanted, _) in zip(_feed_forward_parts(network), _feed_forward_parts(reference), strict=True):
        likeness = _directions(wanted) @ _directions(first).T
        order = torch.from_numpy(linear_sum_assignment(likeness.numpy(), maximize=True)[1])
        first.weight.copy_(first.weight[order])
        first.bias.copy_(first.bias[order])
        last.weight.copy_(last.weight[:, order])


def _feed_forward_parts(network: PreTrainedModel) -> list[tuple[nn.Linear, nn.Linear]]:
    pairs = []
    for layer in network.modules():
        first, last = getattr(layer, "fc1", None), getattr(layer, "fc2", None)
        if isinstance(first, nn.Linear) and isinstance(last, nn.Linear):
            pairs.append((first, last))
    return pairs


def _directions(layer: nn.Linear) -> torch.Tensor:
    """(values, inputs + 1): what each value listens to, as vectors of length 1."""
    return nn.functional.normalize(torch.cat([layer.weight, layer.bias[:, None]], dim=1), dim=1)
