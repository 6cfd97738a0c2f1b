"""The starting point of the embedded network: the first layers of Whisper's encoder, their feed-forward parts thinned.

Of the 1,536 values in the middle of each feed-forward part, those stay that move most on speech, and its last matrix is
solved anew by least squares, so that it gives what it gave (as Luo et al., 2017, arXiv:1707.06342, thin convolutions).
"""

from collections.abc import Mapping

import torch
from transformers import PreTrainedModel

from ser_demo.errors import SerError
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import Encoder, EncoderLayer, SerWhisperForAudioClassification

RIDGE = 1e-3  # of the mean square of the values that stay; keeps the solution small where they say the same


def start_from_whisper(
    model: PreTrainedModel, weights: Mapping[str, torch.Tensor], speech: Mapping[str, torch.Tensor]
) -> None:
    """Puts the weights of a Whisper encoder into the convolutions and layers of `model`.

    Args:
        model: of the embedded architecture, as wide as the Whisper and at most as deep.
        weights: by the names of transformers' `WhisperEncoder`.
        speech: `input_features` and `attention_mask` of some clips, by which values that hardly move are found.

    Raises:
        SerError: `model` is of another architecture, or wider or deeper than the weights.
    """
    if not isinstance(model, SerWhisperForAudioClassification):
        raise SerError(f"weights of Whisper cannot start a {model.config.model_type}: leave --weights out.")
    config = SerWhisperConfig(**{**model.config.to_dict(), "encoder_ffn_dim": len(weights["layers.0.fc1.bias"])})
    whole = SerWhisperForAudioClassification(config).encoder.eval()
    wanted = {name: weights[name] for name in whole.state_dict() if name in weights}
    try:
        whole.load_state_dict(wanted)
    except RuntimeError as error:
        raise SerError(f"these weights do not fit the network: {str(error).splitlines()[-1].strip()}") from error
    if model.config.encoder_ffn_dim < config.encoder_ffn_dim:
        _thin(whole, model.config.encoder_ffn_dim, speech)
    model.encoder.load_state_dict(whole.state_dict())


@torch.no_grad()
def standardize(model: SerWhisperForAudioClassification, speech: Mapping[str, torch.Tensor]) -> None:
    """Tells the normalisation before the classifier what comes out of the layers for these clips."""
    pooled = model.eval().pool(**speech)
    model.norm.running_mean, model.norm.running_var = pooled.mean(0), pooled.var(0, correction=0)


@torch.no_grad()
def _thin(encoder: Encoder, size: int, speech: Mapping[str, torch.Tensor]) -> None:
    """Leaves `size` values in the middle of the feed-forward part of each layer."""
    middles: list[torch.Tensor] = []
    layers = [layer for layer in encoder.layers if isinstance(layer, EncoderLayer)]
    hooks = [layer.fc2.register_forward_pre_hook(lambda _, given: middles.append(given[0])) for layer in layers]
    masks = [mask for _, mask in encoder(speech["input_features"], speech["attention_mask"][..., None].float())]
    for hook in hooks:
        hook.remove()
    for layer, middle, mask in zip(layers, middles, masks, strict=True):
        values = middle[mask[..., 0] > 0]  # (frames of all clips, values)
        kept = (values.std(0) * layer.fc2.weight.norm(dim=0)).topk(size).indices.sort().values
        given = torch.nn.functional.linear(values, layer.fc2.weight)
        mean, mean_given = values[:, kept].mean(0), given.mean(0)
        moving = values[:, kept] - mean
        products = moving.T @ moving
        products += RIDGE * products.diagonal().mean() * torch.eye(size)
        solved = torch.linalg.solve(products, moving.T @ (given - mean_given)).T  # (d_model, size)
        first = layer.fc1
        layer.fc1 = torch.nn.Linear(first.in_features, size)
        layer.fc1.weight.copy_(first.weight[kept])
        layer.fc1.bias.copy_(first.bias[kept])
        bias = layer.fc2.bias + mean_given - solved @ mean
        layer.fc2 = torch.nn.Linear(size, first.in_features)
        layer.fc2.weight.copy_(solved)
        layer.fc2.bias.copy_(bias)
