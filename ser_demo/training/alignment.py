"""The values inside a network brought into the order, and the basis, of another network's.

Networks that started from differently thinned layers (`slimming` keeps what moves most on the clips that train) hold
nearly the same values in other places, and narrower heads in other directions. Neither changes what a network answers,
but without this the mean of two networks is that of unrelated values and knows nothing (weight matching: Ainsworth et
al., 2023, arXiv:2209.04836; rotations: Schönemann, 1966, the orthogonal Procrustes problem).
"""

import torch
from scipy.optimize import linear_sum_assignment
from torch import nn
from transformers import PreTrainedModel

from ser_demo.whisper.modeling_ser_whisper import SelfAttention

Layer = nn.Linear | nn.Conv1d
# Layers of Whisper's with nothing between them but a function of each value.
PAIRS = (("conv1", "conv2"), ("fc1", "fc2"))


@torch.no_grad()
def align(network: PreTrainedModel, reference: PreTrainedModel) -> None:
    """Makes what is inside `network` resemble `reference`'s most; what `network` answers stays as it is.

    The values between two layers get another order, those of heads narrower than Whisper's another basis. Layers of
    architectures other than Whisper's stay.

    Args:
        network, reference: of the same shape.
    """
    for (first, last), (wanted, _) in zip(_pairs(network), _pairs(reference), strict=True):
        likeness = _directions(wanted) @ _directions(first).T
        order = torch.from_numpy(linear_sum_assignment(likeness.numpy(), maximize=True)[1])
        first.weight.copy_(first.weight[order])
        first.bias.copy_(first.bias[order])  # type: ignore[union-attr, index]
        last.weight.copy_(last.weight[:, order])
    for attention, wanted_attention in zip(_narrow(network), _narrow(reference), strict=True):
        _rotate(attention, wanted_attention)


def _pairs(network: PreTrainedModel) -> list[tuple[Layer, Layer]]:
    pairs = []
    for part in network.modules():
        for names in PAIRS:
            first, last = (getattr(part, name, None) for name in names)
            if isinstance(first, Layer) and isinstance(last, Layer):
                pairs.append((first, last))
    return pairs


def _directions(layer: Layer) -> torch.Tensor:
    """(values, inputs + 1): what each value listens to, as vectors of length 1."""
    return nn.functional.normalize(torch.cat([layer.weight.flatten(1), layer.bias[:, None]], dim=1), dim=1)  # type: ignore[index]


def _narrow(network: PreTrainedModel) -> list[SelfAttention]:
    """Those whose heads were made narrower: the directions of Whisper's own are the same in all that start from it."""
    attentions = [part for part in network.modules() if isinstance(part, SelfAttention)]
    return [part for part in attentions if part.k_proj.out_features < part.k_proj.in_features]


def _rotate(attention: SelfAttention, wanted: SelfAttention) -> None:
    """Turns what each head compares, and what it hears, towards `wanted`'s."""
    queries, keys, values, given = attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj
    for head in torch.arange(keys.out_features).chunk(attention.heads):
        turn = _rotation(_compared(attention)[head], _compared(wanted)[head])
        queries.weight[head], queries.bias[head] = turn @ queries.weight[head], turn @ queries.bias[head]
        keys.weight[head] = turn @ keys.weight[head]
        turn = _rotation(_passed(attention)[head], _passed(wanted)[head])
        values.weight[head], values.bias[head] = turn @ values.weight[head], turn @ values.bias[head]
        given.weight[:, head] = given.weight[:, head] @ turn.T


def _compared(attention: SelfAttention) -> torch.Tensor:
    return torch.cat([attention.q_proj.weight, attention.q_proj.bias[:, None], attention.k_proj.weight], dim=1)


def _passed(attention: SelfAttention) -> torch.Tensor:
    return torch.cat([attention.v_proj.weight, attention.out_proj.weight.T], dim=1)


def _rotation(vectors: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The orthogonal matrix by which `vectors`, (n, inputs), come nearest to the wanted ones."""
    left, _, right = torch.linalg.svd(wanted @ vectors.T)
    return left @ right
