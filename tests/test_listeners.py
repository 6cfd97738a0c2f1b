"""Live sessions: few at once, each bounded, none kept for a browser that went away."""

import numpy as np
import pytest
from recordings import at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.errors import SampleRateError
from ser_demo.speech import SAMPLE_RATE
from ser_demo.ui.listeners import LASTS, SILENT, Listeners, NotListeningError, TooManyListenersError

SECOND = np.zeros(SAMPLE_RATE, np.float32)


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_two_visitors_are_not_mixed_up(recognizer: EmotionRecognizer) -> None:
    agent, customer = at_16_khz("call_two_channels.flac")
    listeners = Listeners()
    one, other = listeners.open(recognizer, SAMPLE_RATE), listeners.open(recognizer, SAMPLE_RATE)
    for i in range(0, len(agent), 8 * SAMPLE_RATE):
        listeners.hear(one, agent[i : i + 8 * SAMPLE_RATE])
        listeners.hear(other, customer[i : i + 8 * SAMPLE_RATE])
    for ticket, samples in ((one, agent), (other, customer)):
        (channel,) = recognizer.recognize((samples, SAMPLE_RATE)).channels
        assert [s.start for s in listeners.close(ticket).segments] == [s.start for s in channel.segments]


def test_a_session_that_is_over_is_gone(recognizer: EmotionRecognizer) -> None:
    listeners = Listeners()
    ticket = listeners.open(recognizer, SAMPLE_RATE)
    listeners.close(ticket)
    with pytest.raises(NotListeningError):
        listeners.hear(ticket, SECOND)
    with pytest.raises(NotListeningError):
        listeners.close("guessed")


def test_a_pause_does_not_last_for_ever(recognizer: EmotionRecognizer) -> None:
    clock = Clock()
    listeners = Listeners(clock=clock)
    ticket = listeners.open(recognizer, SAMPLE_RATE)
    for _ in range(int(LASTS / 30)):
        clock.now += 30
        assert listeners.hear(ticket, SECOND[:0]).seconds == 0
    clock.now += 1
    with pytest.raises(NotListeningError):
        listeners.hear(ticket, SECOND[:0])


def test_a_browser_that_fell_silent_makes_room(recognizer: EmotionRecognizer) -> None:
    clock = Clock()
    listeners = Listeners(most=2, clock=clock)
    first, second = listeners.open(recognizer, SAMPLE_RATE), listeners.open(recognizer, SAMPLE_RATE)
    with pytest.raises(TooManyListenersError):
        listeners.open(recognizer, SAMPLE_RATE)
    clock.now += SILENT / 2
    listeners.hear(second, SECOND)
    clock.now += 0.6 * SILENT
    third = listeners.open(recognizer, SAMPLE_RATE)
    assert listeners.hear(second, SECOND).seconds == 2 and listeners.hear(third, SECOND).seconds == 1
    with pytest.raises(NotListeningError):
        listeners.hear(first, SECOND)


def test_no_session_is_longer_than_is_allowed(recognizer: EmotionRecognizer) -> None:
    listeners = Listeners(longest=2.5)
    ticket = listeners.open(recognizer, SAMPLE_RATE)
    assert [listeners.hear(ticket, SECOND).seconds for _ in range(4)] == [1, 2, 2.5, 2.5]


def test_an_impossible_microphone_takes_no_place(recognizer: EmotionRecognizer) -> None:
    listeners = Listeners(most=1)
    with pytest.raises(SampleRateError):
        listeners.open(recognizer, 1)
    assert listeners.open(recognizer, SAMPLE_RATE)
