"""Networks narrowed by other clips, brought into one order and basis before their mean is taken."""

import copy
from pathlib import Path

import pytest
import torch
from recordings import at_16_khz
from smart_turn_file import FEED_FORWARD, SHAPE
from whisper_file import write_whisper

from ser_demo.training.alignment import align
from ser_demo.training.pretrained import start_from_whisper
from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor
from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification


@pytest.mark.parametrize("narrower", [{"head_dim": 6}, {"conv_dim": 13}, {"encoder_ffn_dim": 20}], ids=str)
def test_networks_narrowed_by_other_clips_have_a_mean_that_knows_what_they_know(
    narrower: dict[str, int], tmp_path: Path
) -> None:
    weights = write_whisper(tmp_path / "tiny.pt")
    agent, customer = at_16_khz("call_two_channels.flac")
    heard = [
        dict(SerWhisperFeatureExtractor()(clips, sampling_rate=16_000, return_tensors="pt"))
        for clips in (
            [agent[8_000:40_000], agent[40_000:80_000]],
            [customer[95_000:120_000], customer[300_000:370_000]],
        )
    ]
    narrow = SerWhisperConfig(**{**SHAPE, "encoder_ffn_dim": FEED_FORWARD, "num_labels": 3, **narrower})
    networks = [SerWhisperForAudioClassification(narrow).eval() for _ in heard]
    for network, speech in zip(networks, heard, strict=True):
        start_from_whisper(network, weights, speech)

    def pooled(network: SerWhisperForAudioClassification) -> torch.Tensor:
        with torch.no_grad():
            return network.pool(**heard[0])

    def error_of_mean() -> float:
        mean = copy.deepcopy(networks[0])
        theirs, ours = (network.state_dict() for network in networks)
        mean.load_state_dict({name: (theirs[name] + ours[name]) / 2 for name in ours})
        return float((pooled(mean) - pooled(networks[0])).norm() / pooled(networks[0]).norm())

    before, answers = error_of_mean(), pooled(networks[1])
    align(networks[1], networks[0])
    torch.testing.assert_close(pooled(networks[1]), answers, atol=1e-4, rtol=1e-4)
    assert error_of_mean() < 0.4 * before
