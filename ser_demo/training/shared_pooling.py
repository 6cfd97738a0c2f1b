"""Networks that pool in different ways, made to fit together in one mean."""

import copy
from collections.abc import Mapping, Sequence

import torch
from transformers import PreTrainedModel

from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification


@torch.no_grad()
def share_poolings(networks: Sequence[PreTrainedModel]) -> list[PreTrainedModel]:
    """The same networks, each with the poolings of all: with weights of 0 for what it does not pool itself.

    So each answers as before, and where all have the same layers, as after `finetune --freeze body`, and each pooling
    is one network's own, the mean of their weights has the mean of their logits.

    Args:
        networks: with the same labels. Those of other architectures, or of layers of different sizes, stay as they are.
    """
    own = [network for network in networks if isinstance(network, SerWhisperForAudioClassification)]
    if len(own) < len(networks) or any(_sizes(network) != _sizes(own[0]) for network in own):
        return list(networks)
    pooling = [name for network in own for name in network.config.pooling]
    return [_widen(network, pooling, own) for network in own]


def _sizes(network: SerWhisperForAudioClassification) -> list[torch.Size]:
    return [weight.shape for weight in network.encoder.parameters()]


def _widen(
    network: SerWhisperForAudioClassification,
    pooling: Sequence[str],
    networks: Sequence[SerWhisperForAudioClassification],
) -> SerWhisperForAudioClassification:
    """`network` with all of `pooling`: what it lacks is the mean of what others have, and unheard by its classifier."""
    config = copy.deepcopy(network.config)
    config.pooling = type(config)(pooling=pooling).pooling  # in their order
    wide = SerWhisperForAudioClassification(config).eval()
    wide.encoder.load_state_dict(network.encoder.state_dict())
    parts = []
    for name in config.pooling:
        has = name in network.config.pooling
        owners = [network] if has else [own for own in networks if name in own.config.pooling]
        if name in wide.attentive:
            wide.attentive[name].load_state_dict(_mean([own.attentive[name].state_dict() for own in owners]))
        part = _mean([_known_of(own, name) for own in owners])
        parts.append({**part, "weight": part["weight"] * has})
    mean, variance, weight = (torch.cat([part[name] for part in parts], -1) for name in ("mean", "variance", "weight"))
    wide.norm.running_mean, wide.norm.running_var = mean, variance
    # `forward` divides by the root of how many values there are.
    wide.classifier.weight.copy_(weight * (weight.shape[1] / network.classifier.in_features) ** 0.5)
    wide.classifier.bias.copy_(network.classifier.bias)
    return wide


def _known_of(network: SerWhisperForAudioClassification, name: str) -> dict[str, torch.Tensor]:
    """What normalisation and classifier know of the values of one pooling."""
    mean, variance = network.norm.running_mean, network.norm.running_var
    assert mean is not None and variance is not None  # ClipNorm keeps both
    sizes = network.config.pooled
    which = list(sizes).index(name)
    whole = {"mean": mean, "variance": variance, "weight": network.classifier.weight}
    return {key: values.split([*sizes.values()], -1)[which] for key, values in whole.items()}


def _mean(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
