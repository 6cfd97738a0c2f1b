"""Windows: neighbouring speech together, none too long, none with too little speech."""

import numpy as np
import pytest
from recordings import at_16_khz

from ser_demo.speech import SAMPLE_RATE, Region
from ser_demo.windows import MARGIN, MAX_WINDOW, Window, WindowBuilder, WindowReader


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


def test_no_window_is_longer_than_the_limit() -> None:
    found = windows(*[(t, t + 2.0) for t in np.arange(0, 40, 2.2)])
    assert all(end - start <= MAX_WINDOW for start, end, _ in found)
    assert sum(speech for _, _, speech in found) == pytest.approx(38.0)


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
        np.testing.assert_array_equal(samples, customer[max(0, window.start - margin) : window.end + margin])


def test_the_reader_forgets_what_no_window_can_need() -> None:
    reader = WindowReader()
    for _ in range(30):
        reader.feed(np.zeros(16 * SAMPLE_RATE, dtype=np.float32))
    assert len(reader._samples) < 2 * SAMPLE_RATE
