"""Listening: the end is what a recording gives, and every moment before it is up to date."""

import itertools

import numpy as np
import pytest
from recordings import CALL, at_16_khz

from ser_demo import EmotionRecognizer, Segment
from ser_demo.audio import load_audio
from ser_demo.errors import SampleRateError
from ser_demo.live import Moment, recent_scores
from ser_demo.speech import SAMPLE_RATE


def listen(recognizer: EmotionRecognizer, samples: np.ndarray, rate: int, chunk: float) -> list[Moment]:
    """The moment after each chunk of so many seconds, and the end."""
    live, step = recognizer.listen(rate), round(chunk * rate)
    return [*(live.feed(samples[i : i + step]) for i in range(0, len(samples), step)), live.finish()]


@pytest.fixture(scope="module")
def customer() -> np.ndarray:
    """The second side of the example call, 16 kHz."""
    return at_16_khz("call_two_channels.flac")[1]


@pytest.fixture(scope="module")
def moments(recognizer: EmotionRecognizer, customer: np.ndarray) -> list[Moment]:
    return listen(recognizer, customer, SAMPLE_RATE, 0.5)


def test_the_end_is_what_the_whole_recording_gives(recognizer, customer, moments):
    (channel,) = recognizer.recognize((customer, SAMPLE_RATE)).channels
    assert len(channel.segments) > 2
    assert [(s.start, s.end) for s in moments[-1].segments] == [(s.start, s.end) for s in channel.segments]
    for live, whole in zip(moments[-1].segments, channel.segments, strict=True):
        assert live.scores == pytest.approx(whole.scores, abs=1e-5)


def test_the_rate_of_the_microphone_does_not_matter(recognizer):
    recording = load_audio(CALL)
    rate = 3 * recording.sample_rate
    slow = recording.channels[1]
    fast = np.interp(np.arange(3 * len(slow)) / 3, np.arange(len(slow)), slow).astype(np.float32)
    at_its_own = listen(recognizer, slow, recording.sample_rate, 0.5)[-1].segments
    at_thrice = listen(recognizer, fast, rate, 0.25)[-1].segments
    assert at_its_own
    for one, other in zip(at_its_own, at_thrice, strict=True):
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=0.1)


def test_speech_is_answered_while_it_lasts(customer, moments):
    """From three quarters of a second into a stretch of speech on, every moment has an answer for it."""
    speech = moments[-1].segments
    assert max(segment.end - segment.start for segment in speech) > 3
    for segment in speech:
        inside = [moment for moment in moments[:-1] if segment.start + 1.0 <= moment.seconds <= segment.end]
        for moment in inside:
            assert moment.scores and moment.segments[-1].end > moment.seconds - 0.75


def test_segments_never_overlap_and_settled_ones_stay(moments):
    for before, after in itertools.pairwise(moments):
        ends = [(segment.start, segment.end) for segment in after.segments]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
        settled = before.segments[:-2]  # one may grow and one may wait for its margin
        assert list(after.segments[: len(settled)]) == list(settled)


def test_silence_has_no_scores_and_a_pause_ends_them(recognizer, customer):
    silence = np.zeros(8 * SAMPLE_RATE, np.float32)
    quiet = listen(recognizer, silence, SAMPLE_RATE, 0.5)
    assert all(moment.scores == {} and moment.segments == () for moment in quiet)
    spoken = listen(recognizer, np.concatenate([customer, silence]), SAMPLE_RATE, 0.5)
    assert spoken[-1].segments and spoken[-1].scores == {}


def test_listening_for_long_holds_no_more_sound_than_a_window(recognizer, customer):
    live = recognizer.listen(SAMPLE_RATE)
    for _ in range(8):
        for i in range(0, len(customer), 8 * SAMPLE_RATE):
            live.feed(customer[i : i + 8 * SAMPLE_RATE])
    assert live.seconds == pytest.approx(8 * len(customer) / SAMPLE_RATE)
    assert len(live._reader._samples) < 20 * SAMPLE_RATE


def test_the_last_seconds_count_by_what_lies_in_them():
    segments = [Segment(0, 5, {"sad": 1.0}), Segment(5, 7, {"angry": 1.0}), Segment(7, 8, {"sad": 1.0})]
    assert recent_scores(segments, 8.0) == {"sad": 0.5, "angry": 0.5}
    assert recent_scores(segments, 12.5) == {}
    assert recent_scores([], 3.0) == {}


@pytest.mark.parametrize("rate", [0, 4_000, 400_000])
def test_no_microphone_has_such_a_rate(recognizer, rate):
    with pytest.raises(SampleRateError, match=f"microphone: it gives {rate} samples a second"):
        recognizer.listen(rate)
