"""The embedded network: what its scores may and may not depend on."""

import numpy as np
import pytest
import torch
from recordings import at_16_khz

from ser_demo.settings import EMBEDDED
from ser_demo.whisper.configuration_ser_whisper import ATTENTIONS, POOLING, SerWhisperConfig
from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor
from ser_demo.whisper.modeling_ser_whisper import (
    AttentivePooling,
    Convolution,
    SerWhisperForAudioClassification,
    is_loud,
    positions,
    statistics,
)


@pytest.fixture(scope="module")
def model() -> SerWhisperForAudioClassification:
    return SerWhisperForAudioClassification.from_pretrained(EMBEDDED).eval()


@pytest.fixture(scope="module")
def extractor() -> SerWhisperFeatureExtractor:
    return SerWhisperFeatureExtractor.from_pretrained(EMBEDDED)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    agent, _ = at_16_khz("call_two_channels.flac")
    return agent[8_000:80_000]


def probabilities(model, extractor, audio) -> torch.Tensor:
    with torch.no_grad():
        return model(**extractor(audio, sampling_rate=16_000, return_tensors="pt")).logits.softmax(1)


@pytest.mark.parametrize("length", [400, 8_000, 12_345, 31_999])
def test_scores_do_not_depend_on_what_a_clip_is_batched_with(model, extractor, speech, length) -> None:
    clip = speech[:length]
    alone = probabilities(model, extractor, clip)[0]
    beside_longer_ones = probabilities(model, extractor, [clip, speech, speech[20_000:]])[0]
    torch.testing.assert_close(beside_longer_ones, alone, rtol=0, atol=1e-5)


def test_scores_do_not_depend_on_the_recording_level(model, extractor, speech) -> None:
    loud = probabilities(model, extractor, speech)
    quiet = probabilities(model, extractor, speech * 0.02)
    torch.testing.assert_close(quiet, loud, rtol=0, atol=1e-3)


def test_different_speech_gets_different_scores(model, extractor) -> None:
    agent, customer = at_16_khz("call_two_channels.flac")
    a = probabilities(model, extractor, agent[10_000:80_000])
    b = probabilities(model, extractor, customer[300_000:370_000])
    assert (a - b).abs().max() > 0.05


@pytest.mark.parametrize("samples", [0, 1, 100, 511, 512, 513])
def test_very_short_audio_gives_finite_scores(model, extractor, samples) -> None:
    scores = probabilities(model, extractor, np.full(samples, 0.1, dtype=np.float32))
    assert torch.isfinite(scores).all()
    assert scores.sum() == pytest.approx(1, abs=1e-5)


def test_the_features_are_whispers(extractor, speech) -> None:
    """But for the level, which a clip's loud parts set, and a last frame that Whisper leaves out."""
    from transformers import WhisperFeatureExtractor

    ours = extractor(speech)["input_features"]
    theirs = WhisperFeatureExtractor()(speech, sampling_rate=16_000, padding=False)["input_features"][0].T
    assert ours.shape == (1, 1 + len(speech) // 160, 80)
    np.testing.assert_allclose(ours[0, :-1] - ours[0, :-1].mean(), theirs - theirs.mean(), atol=1e-3)


def test_convolutions_and_positions_are_whispers() -> None:
    from transformers.models.whisper.modeling_whisper import sinusoids

    torch.testing.assert_close(positions(400, 384), sinusoids(400, 384))
    torch.manual_seed(0)
    for stride in (1, 2):
        convolution = Convolution(4, 6, 3, stride=stride)
        frames = torch.randn(2, 11, 4)
        plain = torch.nn.functional.conv1d(frames.mT, convolution.weight, convolution.bias, stride, padding=1).mT
        torch.testing.assert_close(convolution(frames), plain)


def test_each_layer_hears_half_as_often_as_the_one_before(model, extractor, speech) -> None:
    inputs = extractor(speech[:32_000], return_tensors="pt")
    outputs = model.encoder(inputs["input_features"], inputs["attention_mask"][..., None].float())
    assert [x.shape[1] for x, _ in outputs] == [101, 51, 26]  # of 201 frames


def test_pauses_do_not_count_whatever_their_noise(extractor, speech) -> None:
    """How long and how quiet the pauses are is about the recording, not about the emotion."""
    rng = np.random.default_rng(0)
    pause = rng.standard_normal(16_000).astype(np.float32) * speech.std()
    clips = [np.concatenate([speech, pause * level]) for level in (1e-4, 1e-2)]
    inputs = extractor([speech, *clips], return_tensors="pt")
    mask = inputs["attention_mask"][..., None].float()
    loud = is_loud(inputs["input_features"], mask)
    frames = 1 + len(speech) // 160
    assert loud[:, frames + 2 :].sum() == 0
    assert 0.2 < loud[0, :frames].mean() < 0.9
    assert (loud[1:, :frames] - loud[0, :frames]).abs().mean() < 0.01


def test_statistics_are_those_of_the_frames_that_count() -> None:
    x = torch.randn(1, 6, 3)
    counted = torch.tensor([1.0, 0, 2, 0, 0, 1])[None, :, None]
    repeated = x[0, [0, 2, 2, 5]]
    expected = torch.cat([repeated.mean(0), (repeated.var(0, correction=0) + 1e-5).sqrt()])
    torch.testing.assert_close(statistics(x, counted)[0], expected)


def pooling_of_nine_frames(is_relative: bool) -> tuple[AttentivePooling, torch.Tensor, torch.Tensor]:
    """An attentive pooling, frames for it, and which of them are loud: all but the last three."""
    torch.manual_seed(0)
    pooling = AttentivePooling(SerWhisperConfig(d_model=6, encoder_layers=2), is_relative).eval()
    return pooling, torch.randn(1, 9, 12), torch.tensor([True] * 6 + [False] * 3)[None, :, None]


@pytest.mark.parametrize("is_relative", [False, True])
@torch.no_grad()
def test_attentive_pooling_weighs_loud_frames_alone(is_relative: bool) -> None:
    pooling, x, loud = pooling_of_nine_frames(is_relative)
    weighed = pooling(x, loud)
    torch.testing.assert_close(weighed, pooling(x[:, :6], loud[:, :6]))
    pooling.weigh.weight.zero_()  # every frame counts alike
    means, deviations = pooling(x, loud).view(2, ATTENTIONS, -1)
    heard = x[0, :6] - x[0, :6].mean(0) if is_relative else x[0, :6]
    values = pooling.narrow(heard).relu()
    torch.testing.assert_close(means, values.mean(0).expand_as(means))
    torch.testing.assert_close(deviations, (values.var(0, correction=0) + 1e-5).sqrt().expand_as(deviations))
    assert (weighed.view(2, ATTENTIONS, -1)[0] - means).abs().max() > 0.01


@torch.no_grad()
def test_relative_attention_is_deaf_to_what_all_frames_of_a_clip_share() -> None:
    pooling, x, loud = pooling_of_nine_frames(is_relative=True)
    torch.testing.assert_close(pooling(x + 3, loud), pooling(x, loud), atol=1e-5, rtol=1e-5)
    pooling.is_relative = False
    assert (pooling(x + 3, loud) - pooling(x, loud)).abs().max() > 0.1


def test_poolings_learn_to_answer_one_by_one_and_answer_by_their_mean() -> None:
    torch.manual_seed(0)
    model = SerWhisperForAudioClassification(SerWhisperConfig(pooling=POOLING, classifier_dropout=0.0, num_labels=3))
    features, labels = torch.randn(4, 60, model.config.num_mel_bins), torch.tensor([0, 1, 2, 0])
    answer = model.train()(features, labels=labels)
    one_by_one = answer.logits.view(len(POOLING), 4, 3)
    with torch.no_grad():
        pooled = model.norm(model.pool(features, None))
        together = model.classifier(pooled / pooled.shape[1] ** 0.5)
    torch.testing.assert_close(one_by_one.mean(0), together)
    losses = [torch.nn.functional.cross_entropy(logits, labels) for logits in one_by_one]
    torch.testing.assert_close(answer.loss, torch.stack(losses).mean())
    one_by_one[1].sum().backward()  # of the attention, which tells the others nothing
    assert not model.attentive["relative_attention"].narrow.weight.grad.any()
    assert model.attentive["attention"].narrow.weight.grad.any()


def test_a_low_tone_lights_low_bands_and_a_high_tone_high_ones(extractor) -> None:
    seconds = np.arange(16_000) / 16_000
    brightest = [
        extractor(np.sin(2 * np.pi * hertz * seconds).astype(np.float32))["input_features"][0].mean(0).argmax()
        for hertz in (200, 800, 3_000, 7_000)
    ]
    assert brightest == sorted(brightest)
    assert brightest[0] < 12 and brightest[-1] > 70


def test_audio_at_another_rate_or_of_two_channels_is_refused(extractor) -> None:
    with pytest.raises(ValueError, match="16000 Hz"):
        extractor(np.zeros(8_000), sampling_rate=8_000)
    with pytest.raises(ValueError, match="one channel"):
        extractor(np.zeros((2, 8_000)))


def test_the_loss_is_the_cross_entropy_of_the_labels(model, extractor, speech) -> None:
    inputs = extractor([speech, speech[:16_000]], return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs, labels=torch.tensor([1, 4]))
    expected = -output.logits.log_softmax(1)[[0, 1], [1, 4]].mean()
    torch.testing.assert_close(output.loss, expected)


def test_the_last_batch_of_an_epoch_may_be_a_single_clip(extractor, speech) -> None:
    network = SerWhisperForAudioClassification.from_pretrained(EMBEDDED, classifier_dropout=0.0).train()
    inputs = extractor(speech, return_tensors="pt")
    in_training = network(**inputs).logits.mean(0, keepdim=True)  # of all poolings
    torch.testing.assert_close(in_training, network.eval()(**inputs).logits)


def test_what_has_answered_in_inference_mode_can_be_trained(model, extractor, speech) -> None:
    # The positions are kept from one clip to the next of its length, and tensors of inference mode do not train.
    inputs = extractor(speech, return_tensors="pt")
    positions.cache_clear()
    with torch.inference_mode():
        model(**inputs)
    network = SerWhisperForAudioClassification.from_pretrained(EMBEDDED)
    network(**inputs, labels=torch.tensor([0])).loss.backward()
    assert network.encoder.conv1.weight.grad.abs().sum() > 0
