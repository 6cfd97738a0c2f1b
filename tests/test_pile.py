"""A pile of recordings: every one is answered or named, it can be stopped, and nobody works for a visitor who left."""

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import CALL, EXAMPLES

from ser_demo import EmotionRecognizer
from ser_demo.errors import EmptyAudioError, NotAudioError
from ser_demo.ui import pile as pile_module
from ser_demo.ui.pile import Done, Look, Pile, Upload, seconds_left
from ser_demo.ui.uploads import NotSentError, not_sent

SAD = EXAMPLES / "sad_voice.flac"


def until_over(pile: Pile) -> Look:
    while not (look := pile.wait(10)).is_over:
        pass
    return look


def of(path: Path) -> Upload:
    return Upload(path, path.name)


@pytest.fixture
def broken(tmp_path: Path) -> list[Path]:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("this is no recording")
    return [tmp_path / "empty.wav", tmp_path / "text.wav"]


@pytest.fixture
def hour(tmp_path: Path) -> Path:
    """An hour of silence, which takes some time to read."""
    soundfile.write(tmp_path / "hour.wav", np.zeros(3600 * 16_000, np.int16), 16_000)
    return tmp_path / "hour.wav"


def test_each_is_answered_or_named_in_the_order_of_the_files(recognizer: EmotionRecognizer, broken: list[Path]) -> None:
    lost = Done("lost.wav", None, not_sent("lost.wav", is_too_large=False))
    pile = Pile(recognizer, [of(SAD), *map(of, broken), lost, of(CALL)], lambda: True)
    pile.start()
    look = until_over(pile)
    assert [done.file for done in look.done] == [SAD.name, "empty.wav", "text.wav", "lost.wav", CALL.name]
    assert look.done[0].result == recognizer.recognize(SAD) and look.done[4].result == recognizer.recognize(CALL)
    assert [type(done.error) for done in look.done[1:4]] == [EmptyAudioError, NotAudioError, NotSentError]
    assert (look.total, look.share) == (5, 1.0)


def test_stopping_in_the_middle_of_a_recording_keeps_what_is_done(hour: Path) -> None:
    pile = Pile(EmotionRecognizer(), [of(SAD), of(hour), of(SAD)], lambda: True)
    pile.start()
    while not 0 < pile.wait(0.01).share < 1 or len(pile.look().done) < 1:
        pass
    pile.stop()
    look = until_over(pile)
    assert [done.file for done in look.done] == [SAD.name]
    assert 0 < look.share < 1


def test_it_ends_when_the_server_does_not_want_it_any_more(recognizer: EmotionRecognizer) -> None:
    pile = Pile(recognizer, [of(SAD)] * 50, lambda: len(pile.look().done) < 2)
    pile.start()
    assert len(until_over(pile).done) == 2


def test_it_ends_when_nobody_looks_any_more(recognizer: EmotionRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pile_module, "ABANDONED", 0.2)
    pile = Pile(recognizer, [of(SAD)] * 500, lambda: True)
    pile.start()
    pile._thread.join(30)
    assert not pile._thread.is_alive() and len(pile.look().done) < 500


def test_the_page_does_not_take_files_that_wait_for_old_ones(
    recognizer: EmotionRecognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pile_module, "RENEWED", 0.0)
    waiting = [tmp_path / f"{number}.flac" for number in range(3)]
    for file in waiting:
        file.write_bytes(SAD.read_bytes())
    gone, sent = waiting[1], waiting[2].stat().st_ctime  # Gradio deletes by this time
    gone.unlink()
    pile = Pile(recognizer, [of(path) for path in waiting], lambda: True)
    pile.start()
    assert [done.result is None for done in until_over(pile).done] == [False, True, False]
    assert waiting[2].stat().st_ctime > sent


def test_a_fault_of_ours_costs_one_recording_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(EmotionRecognizer):
        def recognize(self, source, **options):
            if source == SAD:
                raise RuntimeError("on fire")
            return super().recognize(source, **options)

    pile = Pile(Broken(), [of(SAD), of(CALL)], lambda: True)
    with caplog.at_level(logging.ERROR):
        pile.start()
        first, second = until_over(pile).done
    assert (first.result, first.error) == (None, None) and "on fire" in caplog.text
    assert second.result is not None


def test_time_left_follows_from_the_pace_so_far() -> None:
    assert seconds_left(0.25, 10) == pytest.approx(30)
    assert seconds_left(1.0, 10) == 0
    assert seconds_left(0.0, 10) is None and seconds_left(0.5, 0.1) is None
