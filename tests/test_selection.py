"""A part of a recording: which channels and seconds are analysed, and how much speech."""

import numpy as np
import pytest
import soundfile
from audio_files import tones
from recordings import CALL, at_16_khz

from ser_demo.audio import load_audio, open_audio
from ser_demo.errors import EmptyRangeError, NoSuchChannelError
from ser_demo.selection import Selection, select
from ser_demo.windows import WindowReader

RATE = 16000
THREE = tones(40.0, RATE, 3)  # longer than two blocks


def selected(selection: Selection) -> np.ndarray:
    with open_audio((THREE, RATE)) as stream:
        return np.concatenate(list(select(stream, selection)), axis=1)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), THREE),
        (Selection(channels=(2, 0)), THREE[[0, 2]]),
        (Selection(channel_mode="mix"), THREE.mean(axis=0, keepdims=True)),
        (Selection(channels=(1, 2), channel_mode="mix"), THREE[1:].mean(axis=0, keepdims=True)),
        (Selection(range_from=2.5), THREE[:, 40_000:]),
        (Selection(range_to=17.25), THREE[:, :276_000]),
        (Selection(range_from=15.0, range_to=33.0), THREE[:, 240_000:528_000]),
        (Selection(range_from=20.0, range_to=99.0), THREE[:, 320_000:]),
    ],
)
def test_the_samples_are_those_asked_for(selection, expected):
    assert np.allclose(selected(selection), expected, atol=1e-7)


def test_nothing_is_read_after_the_range():
    with open_audio((THREE, RATE)) as stream:
        list(select(stream, Selection(range_to=1.0)))
        assert stream.seconds_read == 16.0


def test_a_channel_that_is_not_there_is_named():
    with pytest.raises(NoSuchChannelError, match="channel 3 is asked for, and it has 3"):
        selected(Selection(channels=(0, 3)))


def test_a_range_after_the_end_is_named():
    with pytest.raises(EmptyRangeError, match=r"ends after 40\.0 s, before the part that begins at 60\.0 s"):
        selected(Selection(range_from=60.0))


@pytest.mark.parametrize(
    "fields",
    [
        {"channels": ()},
        {"channels": (-1,)},
        {"channel_mode": "both"},
        {"range_from": -1.0},
        {"range_from": float("nan")},
        {"range_from": 2.0, "range_to": 2.0},
        {"range_to": float("inf")},
        {"max_speech_length": 0.0},
    ],
)
def test_impossible_values_are_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields)).split("_")[0]):
        Selection(**fields)


def test_speech_is_counted_up_to_the_bound():
    _, customer = at_16_khz("call_two_channels.flac")
    whole, bounded = WindowReader(), WindowReader(max_speech_length=4.0)
    everything = whole.feed(customer) + whole.finish()
    some = bounded.feed(customer) + bounded.finish()
    assert bounded.has_enough and bounded.speech_length == 4.0 < whole.speech_length
    assert sum(window.speech for window, _ in some) <= 4 * RATE
    assert [window.start for window, _ in some] == [window.start for window, _ in everything[: len(some)]]


def test_the_recogniser_keeps_the_recordings_numbers_and_times(recognizer):
    everything = recognizer.recognize(CALL)
    part = recognizer.recognize(CALL, selection=Selection(channels=(1,), range_from=6.0, range_to=24.0))
    (channel,) = part.channels
    assert channel.channel_number == 1 and part.audio == everything.audio
    assert all(6.0 <= segment.start < segment.end <= 24.0 for segment in channel.segments)
    alone = load_audio(CALL).channels[1][6 * RATE : 24 * RATE]
    assert channel.scores == recognizer.recognize((alone, RATE)).channels[0].scores


def test_of_a_file_that_ends_early_the_length_is_what_there_was(recognizer, tmp_path):
    cut = tmp_path / "call.wav"
    soundfile.write(cut, np.stack(load_audio(CALL).channels, axis=1)[: 10 * RATE], RATE)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    everything = recognizer.recognize(cut)
    part = recognizer.recognize(cut, selection=Selection(range_to=9.0))
    assert part.audio.duration == everything.audio.duration == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0, 6.0])
def test_the_voice_beyond_the_bound_is_no_noise(recognizer, seconds):
    result = recognizer.recognize(CALL, selection=Selection(max_speech_length=seconds))
    assert not [warning for channel in result.channels for warning in channel.warnings if "noise" in warning]


def test_a_mix_is_one_channel(recognizer):
    mixed = recognizer.recognize(CALL, selection=Selection(channel_mode="mix"))
    samples = np.stack(load_audio(CALL).channels).mean(axis=0)
    assert [channel.channel_number for channel in mixed.channels] == [0]
    assert mixed.channels[0].scores == recognizer.recognize((samples, RATE)).channels[0].scores
    assert mixed.audio.channel_count == 2
