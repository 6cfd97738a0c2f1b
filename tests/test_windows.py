"""Windows: neighbouring speech together, none too long, none with too little speech."""

import numpy as np
import pytest
from recordings import at_16_khz

from ser_demo.corpora.cleaning import clean
from ser_demo.speech import SAMPLE_RATE, Region
from ser_demo.windows import LEVEL, MARGIN, MAX_JOINED, PEAK, Window, WindowBuilder, WindowReader, at_level


def regions(*seconds: tuple[float, float]) -> list[Region]:
    return [Region(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in seconds]


def windows(*seconds: tuple[float, float]) -> list[tuple[float, float, float]]:
    builder = WindowBuilder()
    found = builder.feed(regions(*seconds)) + builder.finish()
    return [(w.start / SAMPLE_RATE, w.end / SAMPLE_RATE, w.speech_length) for w in found]


def test_phrases_with_a_short_pause_share_a_window() -> None:
    assert windows((1.0, 2.0), (2.5, 3.0)) == [(1.0, 3.0, 1.5)]


def test_a_long_pause_parts_windows() -> None:
    assert windows((1.0, 2.0), (3.5, 4.5)) == [(1.0, 2.0, 1.0), (3.5, 4.5, 1.0)]


def test_words_share_a_window_up_to_the_limit() -> None:
    found = windows(*[(t, t + 0.5) for t in np.arange(0, 40, 1.0)])
    assert all(2 < end - start <= MAX_JOINED for start, end, _ in found)
    assert sum(speech for _, _, speech in found) == pytest.approx(20)


def test_two_sentences_are_two_windows_and_a_long_one_stays_whole() -> None:
    assert windows((1.0, 3.0), (3.5, 5.5)) == [(1.0, 3.0, 2.0), (3.5, 5.5, 2.0)]
    assert windows((1.0, 3.0), (3.2, 5.5)) == [(1.0, 5.5, 4.3)]
    assert windows((1.0, 3.0), (3.2, 6.5)) == [(1.0, 3.0, 2.0), (3.2, 6.5, 3.3)]


def test_half_a_second_of_speech_is_the_least_that_is_judged() -> None:
    assert windows((1.0, 1.4), (8.0, 8.5)) == [(8.0, 8.5, 0.5)]


def test_windows_come_with_their_own_samples_and_a_margin_whatever_the_blocks() -> None:
    _, customer = at_16_khz("call_two_channels.flac")

    def read(block: int) -> list[tuple[Window, np.ndarray]]:
        reader = WindowReader()
        blocks = (customer[i : i + block] for i in range(0, len(customer), block))
        return [found for samples in blocks for found in reader.feed(samples)] + reader.finish()

    whole, in_blocks = read(len(customer)), read(7_000)
    assert [w for w, _ in whole] == [w for w, _ in in_blocks]
    assert len(whole) > 2
    margin = round(MARGIN * SAMPLE_RATE)
    for window, samples in in_blocks:
        first = max(0, window.start - margin)
        cut = at_level(customer[first : window.end + margin], window.start - first, window.end - first)
        np.testing.assert_array_equal(samples, cut)


def test_all_windows_are_as_loud_as_each_other() -> None:
    speech = at_16_khz("call_two_channels.flac")[0][8_000:80_000]
    for gain in (0.01, 1.0):
        levelled = at_level(gain * speech, 10_000, 60_000)
        level = 10 * np.log10(np.mean(np.square(levelled[10_000:60_000], dtype=np.float64)))
        assert levelled.dtype == np.float32 and level == pytest.approx(LEVEL, abs=0.01)
    speech[30_000] = 10
    assert np.abs(at_level(speech, 10_000, 60_000)).max() == pytest.approx(PEAK)


@pytest.mark.parametrize("gain", [0.02, 1.0])
def test_what_is_judged_is_what_would_train(gain: float) -> None:
    """Cut at the same samples and at the same level, whatever the recording's own."""
    recording = gain * np.pad(at_16_khz("call_two_channels.flac")[0][16_000:48_000], 16_000)
    reader = WindowReader()
    ((window, heard),) = reader.feed(recording) + reader.finish()
    (clip,) = clean(recording).clips
    assert clip.end - clip.start == window.end - window.start
    np.testing.assert_allclose(clip.samples / 32767, heard, atol=1 / 32767)


@pytest.mark.parametrize("most_speech", [None, 2.0])
def test_the_reader_forgets_what_no_window_can_need(most_speech: float | None) -> None:
    _, customer = at_16_khz("call_two_channels.flac")
    silence = np.zeros(16 * SAMPLE_RATE, dtype=np.float32)
    reader = WindowReader(most_speech)
    found = [window for samples in (silence, customer, *[silence] * 30) for window, _ in reader.feed(samples)]
    assert len(reader._samples) < 2 * SAMPLE_RATE  # of eight minutes in which nobody speaks any more
    assert found and reader.finish() == []
    other = WindowReader(most_speech)
    at_once = other.feed(np.concatenate([silence, customer, *[silence] * 30])) + other.finish()
    assert found == [window for window, _ in at_once]
