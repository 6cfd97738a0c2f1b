"""A mean of networks that pool in different ways."""

from typing import Any

import pytest
import torch
from smart_turn_file import SHAPE

from ser_demo.training.shared_pooling import share_poolings
from ser_demo.whisper.configuration_ser_whisper import POOLING, SerWhisperConfig
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification


def network(*pooling: str, **more: Any) -> SerWhisperForAudioClassification:
    """With random weights, and normalisations of its own."""
    config = SerWhisperConfig(**{**SHAPE, "encoder_ffn_dim": 8, "num_labels": 3, "pooling": pooling, **more})
    made = SerWhisperForAudioClassification(config).eval()
    for values in (made.classifier.weight, made.norm.running_mean, *(part.mean for part in made.attentive.values())):
        torch.nn.init.normal_(values)
    torch.nn.init.uniform_(made.norm.running_var, 0.5, 2)
    return made


@pytest.fixture
def networks() -> list[SerWhisperForAudioClassification]:
    torch.manual_seed(0)
    return [network(name) for name in POOLING]


@pytest.fixture
def features() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(3, 50, SerWhisperConfig().num_mel_bins)


@torch.no_grad()
def test_with_the_poolings_of_others_a_network_answers_as_before(networks, features) -> None:
    for one, wide in zip(networks, share_poolings(networks), strict=True):
        assert wide.config.pooling == list(POOLING)
        torch.testing.assert_close(wide(features).logits, one(features).logits, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_mean_of_networks_with_the_same_layers_has_the_mean_of_their_logits(networks, features) -> None:
    for other in networks[1:]:
        other.encoder.load_state_dict(networks[0].encoder.state_dict())
    expected = torch.stack([one(features).logits for one in networks]).mean(0)
    states = [wide.state_dict() for wide in share_poolings(networks)]
    mean = share_poolings(networks)[0]
    mean.load_state_dict({name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]})
    torch.testing.assert_close(mean(features).logits, expected, atol=1e-4, rtol=1e-4)


def test_networks_that_pool_alike_or_have_no_mean_stay_as_they_are() -> None:
    alike = [network("statistics", "attention"), network("attention", "statistics")]
    states = [one.state_dict() for one in alike]
    for wide, state in zip(share_poolings(alike), states, strict=True):
        torch.testing.assert_close(wide.state_dict(), state)
    unlike = [network("statistics"), network("attention", encoder_ffn_dim=9)]
    assert share_poolings(unlike) == unlike


def test_a_pooling_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="not maximum"):
        SerWhisperConfig(pooling=["maximum"])
    with pytest.raises(ValueError, match="not empty"):
        SerWhisperConfig(pooling=[])
