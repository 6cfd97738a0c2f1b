"""What is no clear voice must not come back as a confident emotion: music, noise, laughter, silence, drowned speech."""

from collections.abc import Callable

import numpy as np
import pytest
from recordings import at_16_khz
from scipy.signal import lfilter

from ser_demo import EmotionRecognizer
from ser_demo.evaluation.robustness import pink_noise
from ser_demo.noise import NoiseMeter
from ser_demo.speech import find_speech

RATE = 16_000


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def silence() -> np.ndarray:
    return np.zeros(6 * RATE, np.float32)


def white_noise() -> np.ndarray:
    return 0.1 * rng().standard_normal(6 * RATE)


def babble_shaped_noise() -> np.ndarray:
    """Noise with the spectrum of speech, rising and falling with syllables."""
    syllables = 1 + np.sin(2 * np.pi * 4 * np.arange(6 * RATE) / RATE)
    return 0.05 * syllables * lfilter([1], [1, -0.95], rng().standard_normal(6 * RATE))


def chords() -> np.ndarray:
    """A slow melody in four-part chords with overtones."""
    time = np.arange(RATE) / RATE
    roots = (220, 262, 196, 247, 220, 330)
    decay = np.exp(-2 * time)
    return np.concatenate(
        [
            sum(
                0.05 * decay / k * np.sin(2 * np.pi * root * ratio * k * time)
                for ratio in (1, 1.25, 1.5)
                for k in (1, 2, 3)
            )
            for root in roots
        ]
    )


def song() -> np.ndarray:
    return at_16_khz("hold_music.ogg")[0]


def laughter() -> np.ndarray:
    """Ha-ha-ha: voiced bursts five times a second, of falling pitch, through the formants of an open vowel."""
    length = RATE // 5
    time = np.arange(length) / RATE
    bursts = []
    for number in range(20):
        pitch = 320 - 8 * number + 60 * np.exp(-time / 0.05)
        pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0)
        voice = pulses + 0.05 * rng().standard_normal(length)
        for formant in (750, 1_250, 2_600):
            pole = 0.97 * np.exp(2j * np.pi * formant / RATE)
            voice = lfilter([1], np.poly([pole, pole.conjugate()]).real, voice)
        bursts.append(voice * np.sin(np.pi * np.minimum(time / 0.12, 1)))
    laugh = np.concatenate(bursts)
    return 0.3 * laugh / np.abs(laugh).max()


SOUNDS: list[Callable[[], np.ndarray]] = [silence, white_noise, babble_shaped_noise, chords, song, laughter]


@pytest.mark.parametrize("sound", SOUNDS)
def test_what_is_no_speech_gets_no_confident_emotion(recognizer: EmotionRecognizer, sound: Callable) -> None:
    (channel,) = recognizer.recognize((sound().astype(np.float32), RATE)).channels
    assert channel.emotion is None or channel.is_uncertain, channel.scores


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("seed", [0, 1])
def test_of_speech_that_noise_drowns_no_emotion_is_certain(recognizer: EmotionRecognizer, side: int, seed: int) -> None:
    speech = at_16_khz("call_two_channels.flac")[side]
    drowned, rate = pink_noise(speech, RATE, np.random.default_rng(seed), snr=-5)
    (channel,) = recognizer.recognize((drowned, rate)).channels
    assert channel.emotion is None or channel.is_uncertain, channel


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(("snr", "least", "most"), [(-5, 0.75, 1.0), (10, 0.0, 0.1)])
def test_so_it_is_while_somebody_speaks(
    recognizer: EmotionRecognizer, side: int, snr: float, least: float, most: float
) -> None:
    """Once there was a pause, in which the noise alone is heard."""
    noisy, rate = pink_noise(at_16_khz("call_two_channels.flac")[side], RATE, rng(), snr)
    live, half_a_second = recognizer.listen(rate), rate // 2
    moments = [live.feed(noisy[i : i + half_a_second]) for i in range(0, len(noisy), half_a_second)]
    answered = [moment.is_uncertain for moment in moments if moment.scores]
    assert len(answered) > 25 and least <= np.mean(answered) <= most


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("snr", [5, 10, 30])
def test_the_noise_is_measured_by_what_lies_around_the_speech(side: int, snr: float) -> None:
    speech = at_16_khz("call_two_channels.flac")[side]
    noisy, _ = pink_noise(speech, RATE, rng(), snr)
    meter = NoiseMeter()
    for start in range(0, len(noisy), 10_007):  # blocks of any length
        meter.feed(noisy[start : start + 10_007])
    # The ratio that was asked for is that of the whole channel, which is silent for a part of it.
    assert snr < meter.ratio(find_speech(noisy)) < snr + 6
    assert meter.ratio([]) is None
