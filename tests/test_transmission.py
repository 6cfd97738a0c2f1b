"""Transmission, and the conditions of the robustness test, do to a recording what their names say."""

import io

import numpy as np
import pytest
import soundfile
from recordings import at_16_khz
from scipy.signal import welch

from ser_demo.evaluation.robustness import CONDITIONS, pink_noise
from ser_demo.transmission import Sound, mp3, reverberation, telephone


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def white_noise(rate: int, seconds: int = 4) -> np.ndarray:
    return (0.1 * rng().standard_normal(rate * seconds)).astype(np.float32)


def level(sound: Sound, low: float, high: float) -> float:
    """Mean power density from `low` to `high` Hz, in dB."""
    samples, rate = sound
    hertz, density = welch(samples, rate, nperseg=1024)
    return float(10 * np.log10(density[(hertz >= low) & (hertz <= high)].mean()))


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_every_condition_takes_any_rate_and_depends_on_its_generator_only(name: str, rate: int) -> None:
    samples = white_noise(rate, seconds=1)
    before = samples.copy()
    changed, new_rate = CONDITIONS[name](samples, rate, np.random.default_rng(3))
    again, _ = CONDITIONS[name](samples, rate, np.random.default_rng(3))
    np.testing.assert_array_equal(samples, before)
    np.testing.assert_array_equal(changed, again)
    assert changed.dtype == np.float32 and changed.ndim == 1 and np.isfinite(changed).all()
    assert 1 <= len(changed) / new_rate <= 1.6 and not np.array_equal(changed, samples)


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("samples", [np.zeros(16_000, np.float32), np.full(1, 0.5, np.float32)])
def test_no_condition_stumbles_over_silence_or_a_single_sample(name: str, samples: np.ndarray) -> None:
    changed, _ = CONDITIONS[name](samples, 16_000, rng())
    assert np.isfinite(changed).all()


def test_a_telephone_passes_its_band_in_256_levels() -> None:
    heard = telephone(white_noise(44_100), 44_100, rng())
    assert heard[1] == 8_000 and len(np.unique(heard[0])) <= 256
    voice = level(heard, 500, 3_000)
    assert level(heard, 20, 150) < voice - 12 and level(heard, 3_800, 4_000) < voice - 12
    sent = white_noise(44_100), 44_100
    assert voice == pytest.approx(level(sent, 500, 3_000), abs=1)


@pytest.mark.parametrize("bit_rate", [32, 24])
def test_mp3_has_the_promised_bit_rate(bit_rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, write = [], soundfile.write

    def write_and_weigh(file: io.BytesIO, *arguments: object, **options: object) -> None:
        write(file, *arguments, **options)
        sizes.append(len(file.getvalue()))

    monkeypatch.setattr(soundfile, "write", write_and_weigh)
    speech = at_16_khz("call_two_channels.flac")[0]
    heard, rate = mp3(speech, 16_000, rng(), bit_rate)
    assert sizes[0] * 8 / (len(speech) / 16_000) == pytest.approx(1000 * bit_rate, rel=0.05)
    assert rate == 16_000 and np.abs(heard).max() == pytest.approx(np.abs(speech).max(), rel=0.2)


@pytest.mark.parametrize("snr", [10, 0])
def test_noise_has_the_asked_ratio_and_is_pink(snr: float) -> None:
    speech = at_16_khz("call_two_channels.flac")[0]
    heard, rate = pink_noise(speech, 16_000, rng(), snr)
    noise = heard - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(noise**2)) == pytest.approx(snr, abs=0.01)
    octaves = [level((noise, rate), hertz, 2 * hertz) for hertz in (250, 500, 1_000, 2_000)]
    assert np.diff(octaves) == pytest.approx([-3, -3, -3], abs=0.7)


def test_noise_lies_where_speech_does_at_any_rate() -> None:
    tone = np.sin(np.arange(4 * 48_000) / 20).astype(np.float32)
    heard = pink_noise(tone, 48_000, rng(), 0)[0] - tone, 48_000
    assert level(heard, 9_000, 20_000) < level(heard, 6_000, 7_500) - 30


def test_a_room_echoes_as_strongly_as_the_voice_and_fades_by_60_db_in_half_a_second() -> None:
    rate = 16_000
    click = np.zeros(2_000, np.float32)
    click[1_000] = 1
    heard, _ = reverberation(click, rate, rng(), rt60=0.5)
    assert np.abs(heard[:1_000]).max() < 1e-5 and heard[1_000] == pytest.approx(1, abs=1e-3)
    echo = heard[1_001:]
    assert np.sum(echo**2) == pytest.approx(1, rel=0.05)
    # Schroeder (1965): the energy still to come falls in a straight line of decibels.
    to_come = 10 * np.log10(np.cumsum(echo[::-1] ** 2)[::-1])
    time = np.arange(len(echo)) / rate
    straight = time < 0.3
    slope = np.polyfit(time[straight], to_come[straight], 1)[0]
    assert -60 / slope == pytest.approx(0.5, rel=0.06)
