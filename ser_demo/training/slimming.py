"""Whisper's encoder made narrower where it hardly matters, without training: what is left is solved for.

Each part is fitted to what it gave for some clips. Of the values in the middle of a feed-forward part, and between the
two convolutions, those stay that move most, and the matrix after them is solved anew by least squares (as Luo et al.,
2017, arXiv:1707.06342, thin convolutions). What a head compares and what it passes on are products of two matrices, of
which the directions stay that carry most: a truncated singular value decomposition, of what the products give for the
clips rather than of the products (Yuan et al., 2023, arXiv:2312.05821). `widen` makes it as wide as Whisper again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ser_demo.whisper.modeling_ser_whisper import Convolution, Encoder, SelfAttention

RIDGE = 1e-3  # of the mean square of the values that stay; keeps the solution small where they say the same
FLOOR = 1e-9  # of the largest variance: directions below it are as good as absent


@torch.no_grad()
def thin_feed_forward(layers: Sequence[Any], size: int, hear: Callable[[], list[torch.Tensor]]) -> None:
    """Leaves `size` values in the middle of the feed-forward part of each layer.

    `hear` lets the network hear some clips and tells for each layer, (clips, frames, 1), which frames count: above 0.
    """
    middles = _given(hear, [layer.fc2 for layer in layers])
    for layer, values in zip(layers, middles, strict=True):
        kept = _most_moving(values, layer.fc2.weight.norm(dim=0), size)
        weight, bias = _solve(values[:, kept], nn.functional.linear(values, layer.fc2.weight, layer.fc2.bias))
        layer.fc1, layer.fc2 = _linear(layer.fc1.weight[kept], layer.fc1.bias[kept]), _linear(weight, bias)


@torch.no_grad()
def thin_heads(layers: Sequence[Any], size: int, hear: Callable[[], list[torch.Tensor]]) -> None:
    """Leaves `size` values to each head of each layer of an `Encoder`; `hear` as for `thin_feed_forward`."""
    heard = _given(hear, [layer.self_attn for layer in layers])
    for layer, values in zip(layers, heard, strict=True):
        _thin_attention(layer.self_attn, size, values.double())


def _thin_attention(attention: SelfAttention, size: int, values: torch.Tensor) -> None:
    """`values` (frames, d_model) is what the attention hears."""
    mean = values.mean(0)
    root, inverse = _roots((values - mean).T @ (values - mean) / len(values))
    # Queries have a bias, here one more value that is always 1. Keys need none: it would move all scores alike.
    asking = torch.cat([values, values.new_ones(len(values), 1)], dim=1)
    root_asking, inverse_asking = _roots(asking.T @ asking / len(asking))
    queries = torch.cat([attention.q_proj.weight, attention.q_proj.bias[:, None]], dim=1).double()
    keys, heard = attention.k_proj.weight.double(), attention.v_proj.weight.double()
    passed = attention.out_proj.weight.double()
    bias = attention.out_proj.bias + passed @ (heard @ mean + attention.v_proj.bias)  # what all frames say alike
    parts: list[tuple[torch.Tensor, ...]] = []
    for head in torch.arange(len(keys)).chunk(attention.heads):
        scale = (size / len(head)) ** 0.5  # attention divides by the root of how many values it compares
        left, right = _factors(root_asking @ (queries[head].T @ keys[head] * scale) @ root, size)
        given, taken = _factors(passed[:, head] @ heard[head] @ root, size)
        parts.append(((inverse_asking @ left).T, right @ inverse, taken @ inverse, given.T))
    ask, compare, hear, give = (torch.cat(part) for part in zip(*parts, strict=True))
    attention.q_proj = _linear(ask[:, :-1], ask[:, -1])
    attention.k_proj = _linear(compare, None)
    attention.v_proj = _linear(hear, -hear @ mean)
    attention.out_proj = _linear(give.T, bias)


@torch.no_grad()
def thin_convolutions(encoder: Encoder, size: int, features: torch.Tensor, mask: torch.Tensor) -> None:
    """Leaves `size` values between the two convolutions.

    Args:
        encoder: its convolutions are replaced.
        size: values that stay.
        features: (clips, frames, mel bins), what the encoder hears of some clips.
        mask: (clips, frames, 1), 1 on a clip's own frames.
    """
    first, second = encoder.conv1, encoder.conv2
    between = nn.functional.gelu(first(features * mask)) * mask
    counted = mask[:, ::2, 0] > 0
    kept = _most_moving(between[mask[..., 0] > 0], second.weight.norm(dim=(0, 2)), size)
    weight, bias = _solve(second.neighbours(between[..., kept])[counted], second(between)[counted])
    encoder.conv1 = Convolution(first.in_channels, size, 3)
    encoder.conv1.weight.copy_(first.weight[kept])
    encoder.conv1.bias.copy_(first.bias[kept])  # type: ignore[union-attr, index]
    encoder.conv2 = Convolution(size, second.out_channels, 3, stride=2)
    encoder.conv2.weight.copy_(weight.unflatten(1, (size, 3)))
    encoder.conv2.bias.copy_(bias)  # type: ignore[union-attr]


def widen(weights: Mapping[str, torch.Tensor], width: int, heads: int) -> dict[str, torch.Tensor]:
    """Weights of an encoder as wide as Whisper's own, which gives what the narrower one gives: the rest is zeros.

    Args:
        weights: by the names of transformers' `WhisperEncoder`, changed by `thin_heads` and `thin_convolutions` or not.
        width: values per frame inside, and between the convolutions.
        heads: of each layer, which share `width`.
    """
    wide = dict(weights)
    for name, value in weights.items():
        if name.startswith("conv1."):
            wide[name] = _padded(value, 0, width)
        elif name == "conv2.weight":
            wide[name] = _padded(value, 1, width)
        elif ".self_attn.out_proj.weight" in name:
            wide[name] = _padded(value.unflatten(1, (heads, -1)), 2, width // heads).flatten(1)
        elif ".self_attn." in name and "out_proj" not in name:
            each = value.unflatten(0, (heads, -1))
            # Attention divides by the root of how many values it compares, zeros among them.
            scale = (width / heads / each.shape[1]) ** 0.5 if "q_proj" in name else 1
            wide[name] = _padded(each * scale, 1, width // heads).flatten(0, 1)
    return wide


def _padded(value: torch.Tensor, dimension: int, size: int) -> torch.Tensor:
    """With zeros after it in one dimension, up to `size` where it is smaller."""
    missing = list(value.shape)
    missing[dimension] = max(size - missing[dimension], 0)
    return torch.cat([value, value.new_zeros(missing)], dimension)


def _given(hear: Callable[[], list[torch.Tensor]], modules: Sequence[nn.Module]) -> list[torch.Tensor]:
    """What each module is given for the frames that count, (frames, values)."""
    given: list[torch.Tensor] = []
    hooks = [module.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0])) for module in modules]
    masks = hear()
    for hook in hooks:
        hook.remove()
    return [values[mask[..., 0] > 0] for values, mask in zip(given, masks, strict=True)]


def _most_moving(values: torch.Tensor, weights: torch.Tensor, size: int) -> torch.Tensor:
    """Which of the values, (frames, values), move most what comes after them, in their order."""
    return (values.std(0) * weights).topk(size).indices.sort().values


def _solve(values: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and biases that give nearly what is wanted, (frames, outputs), of (frames, inputs)."""
    mean, mean_wanted = values.mean(0), wanted.mean(0)
    moving = values - mean
    products = moving.T @ moving
    products += RIDGE * products.diagonal().mean() * torch.eye(len(products))
    weight = torch.linalg.solve(products, moving.T @ (wanted - mean_wanted)).T
    return weight, mean_wanted - weight @ mean


def _factors(product: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, size) and (size, m) whose product is nearest to `product`."""
    left, values, right = torch.linalg.svd(product, full_matrices=False)
    shared = values[:size].sqrt()
    return left[:, :size] * shared, shared[:, None] * right[:size]


def _roots(covariance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The square root of a symmetric matrix, and that root's inverse."""
    variances, directions = torch.linalg.eigh(covariance)
    roots = variances.clamp(min=FLOOR * float(variances.max())).sqrt()
    return directions * roots @ directions.T, directions / roots @ directions.T


def _linear(weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.copy_(weight)
    if bias is not None:
        layer.bias.copy_(bias)
    return layer
