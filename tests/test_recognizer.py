"""From a recording to its result, with the embedded model on real files."""

import io
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import CALL, EXAMPLES, at_16_khz

from ser_demo import AudioError, EmotionRecognizer, FailedResult, Result
from ser_demo.classifier import Classifier
from ser_demo.errors import AudioTooLongError, EmptyAudioError, NotAudioError, SourceTypeError, TooManyChannelsError
from ser_demo.labels import EMOTIONS
from ser_demo.settings import EMBEDDED, Limits, Settings
from ser_demo.windows import MARGIN


@pytest.fixture(scope="module")
def recognizer() -> EmotionRecognizer:
    return EmotionRecognizer()


@pytest.fixture(scope="module")
def call(recognizer: EmotionRecognizer) -> Result:
    return recognizer.recognize(CALL)


def test_each_side_of_a_call_has_its_own_scores(call: Result) -> None:
    agent, customer = call.channels
    assert [agent.channel_number, customer.channel_number] == [0, 1]
    assert 10 < agent.speech_length < 20 and 8 < customer.speech_length < 18
    assert agent.scores != customer.scores
    assert (call.audio.sample_rate, call.audio.channel_count) == (16_000, 2)
    assert call.audio.duration == pytest.approx(soundfile.info(CALL).duration, abs=0.01)


def test_scores_are_probabilities_of_all_eight_from_most_to_least(call: Result) -> None:
    for channel in call.channels:
        for scores in [channel.scores, *(segment.scores for segment in channel.segments)]:
            assert set(scores) == set(EMOTIONS)
            assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
            assert list(scores.values()) == sorted(scores.values(), reverse=True)
        assert channel.emotion == next(iter(channel.scores))


def test_segments_lie_in_time_order_where_that_speaker_speaks(call: Result) -> None:
    agent, customer = call.channels
    for channel in call.channels:
        assert len(channel.segments) >= 3
        assert all(a.end <= b.start for a, b in itertools.pairwise(channel.segments))
    assert agent.segments[0].end < customer.segments[0].start  # the agent opens the call


def test_the_embedded_model_answers_as_to_windows_of_any_level(call: Result) -> None:
    """It evens levels out itself, so it need not be told at which one the recogniser brings windows to it."""
    classifier, margin = Classifier(None, "cpu"), round(MARGIN * 16_000)
    for samples, channel in zip(at_16_khz("call_two_channels.flac"), call.channels, strict=True):
        ranges = [(round(16_000 * segment.start), round(16_000 * segment.end)) for segment in channel.segments]
        as_recorded = classifier.classify([samples[max(0, a - margin) : b + margin] for a, b in ranges])
        for scores, segment in zip(as_recorded, channel.segments, strict=True):
            assert scores == pytest.approx(segment.scores, abs=1e-5)


def test_a_channels_scores_are_the_mean_of_its_segments(call: Result) -> None:
    for channel in call.channels:
        for emotion in EMOTIONS:
            parts = [segment.scores[emotion] for segment in channel.segments]
            assert min(parts) - 1e-6 <= channel.scores[emotion] <= max(parts) + 1e-6


def test_path_bytes_file_and_array_give_the_same_answer(recognizer: EmotionRecognizer, call: Result) -> None:
    samples, rate = soundfile.read(CALL, dtype="float32")
    sources = [str(CALL), CALL.read_bytes(), io.BytesIO(CALL.read_bytes()), (samples.T, rate)]
    for source in sources:
        for channel, expected in zip(recognizer.recognize(source).channels, call.channels, strict=True):
            assert channel.scores == pytest.approx(expected.scores, abs=1e-5)
            assert channel.speech_length == expected.speech_length


def test_silence_and_noise_get_no_emotion(recognizer: EmotionRecognizer) -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(80_000).astype(np.float32)
    for samples in (np.zeros(80_000, np.float32), noise):
        (channel,) = recognizer.recognize((samples, 16_000)).channels
        assert channel.emotion is None and channel.scores == {} and channel.segments == ()
        assert "not enough speech" in channel.warnings[0]


def test_an_answer_below_the_models_own_bound_is_called_uncertain(tmp_path: Path, call: Result) -> None:
    top = call.channels[1].scores[call.channels[1].emotion]
    for bound, is_uncertain in ((top + 0.01, True), (top - 0.01, False), (None, False)):
        folder = shutil.copytree(EMBEDDED, tmp_path / str(bound))
        config = json.loads((folder / "config.json").read_text())
        del config["uncertain_below"]
        (folder / "config.json").write_text(json.dumps(config | ({"uncertain_below": bound} if bound else {})))
        channel = EmotionRecognizer(str(folder)).recognize(CALL).channels[1]
        assert channel.is_uncertain == is_uncertain
        assert any("uncertain: no emotion reaches" in warning for warning in channel.warnings) == is_uncertain
        assert channel.emotion == call.channels[1].emotion  # the guess is there all the same


def test_a_word_is_too_little_to_judge(recognizer: EmotionRecognizer) -> None:
    agent, _ = at_16_khz(CALL.name)
    (channel,) = recognizer.recognize((agent[9_000:14_000], 16_000)).channels  # 0.3 s
    assert channel.emotion is None
    assert "not enough speech" in channel.warnings[0]


def test_a_mono_call_stored_twice_is_said_so(recognizer: EmotionRecognizer) -> None:
    agent, customer = at_16_khz(CALL.name)
    result = recognizer.recognize((np.stack([agent, customer, agent]), 16_000))
    warning = "channels 0 and 2 carry the same audio"
    assert [warning in channel.warnings for channel in result.channels] == [True, False, True]
    assert result.channels[0].scores == pytest.approx(result.channels[2].scores, abs=1e-5)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_the_answer_hardly_depends_on_the_sampling_rate(recognizer: EmotionRecognizer, rate: int) -> None:
    import soxr

    _, customer = at_16_khz(CALL.name)
    at_16 = recognizer.recognize((customer, 16_000)).channels[0]
    other = recognizer.recognize((soxr.resample(customer, 16_000, rate), rate)).channels[0]
    assert other.speech_length == pytest.approx(at_16.speech_length, rel=0.15)
    if rate > 16_000:
        assert other.scores == pytest.approx(at_16.scores, abs=0.1)


def test_a_cut_file_is_answered_with_a_warning(recognizer: EmotionRecognizer, tmp_path: Path) -> None:
    agent, _ = at_16_khz(CALL.name)
    soundfile.write(tmp_path / "whole.wav", agent, 16_000)
    whole = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (channel,) = recognizer.recognize(tmp_path / "cut.wav").channels
    assert channel.emotion is not None
    assert any("ends early" in warning for warning in channel.warnings)


def test_many_files_keep_their_order_and_a_bad_one_stops_nothing(recognizer: EmotionRecognizer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no sound here")
    paths = [EXAMPLES / "sad_voice.flac", tmp_path / "notes.txt", tmp_path / "missing.wav", EXAMPLES / "hold_music.ogg"]
    results = list(recognizer.recognize_many(paths))
    assert [type(result) for result in results] == [Result, FailedResult, FailedResult, Result]
    assert "notes.txt" in str(results[1].error) and "missing.wav" in str(results[2].error)
    assert results[0].channels[0].emotion is not None and results[3].channels[0].emotion is None


def test_one_recording_is_not_taken_for_several(recognizer: EmotionRecognizer) -> None:
    with pytest.raises(SourceTypeError, match="recognize takes one"):
        next(recognizer.recognize_many(str(CALL)))


def test_an_odd_array_or_none_at_all_stops_nothing_either(recognizer: EmotionRecognizer) -> None:
    one = np.zeros(16_000, np.float32)
    bad = [([one, one[1:]], 16_000), (one, 16_000, "call"), (one,), (one, 16_000.5), (one, "16000"), 5, None, [one]]
    results = list(recognizer.recognize_many([*bad, (one, 16_000.0), ([0.0] * 16_000, np.float32(16_000))]))
    assert [type(result) for result in results] == [FailedResult] * len(bad) + [Result] * 2
    assert "as many in each channel as in the others" in str(results[0].error)
    assert "a tuple of 3" in str(results[1].error) and "not NoneType" in str(results[6].error)


def test_limits_of_the_settings_are_kept(tmp_path: Path) -> None:
    strict = EmotionRecognizer(settings=Settings(limits=Limits(max_seconds=5, max_channels=1)))
    with pytest.raises(TooManyChannelsError, match="call_two_channels"):
        strict.recognize(CALL)
    with pytest.raises(AudioTooLongError):
        strict.recognize(EXAMPLES / "sad_voice.flac")


@pytest.mark.parametrize(("content", "kind"), [(b"", EmptyAudioError), (b"hello" * 1000, NotAudioError)])
def test_what_is_no_recording_is_a_typed_error(recognizer: EmotionRecognizer, content: bytes, kind: type) -> None:
    with pytest.raises(kind) as caught:
        recognizer.recognize(content, name="upload.wav")
    assert isinstance(caught.value, AudioError) and "upload.wav" in str(caught.value)


def test_segments_and_progress_come_while_a_long_recording_is_being_read(recognizer: EmotionRecognizer) -> None:
    agent, customer = at_16_khz(CALL.name)
    long = np.tile(np.stack([agent, customer]), 10)  # 5 minutes
    seen: list[tuple[str, float]] = []
    result = recognizer.recognize(
        (long, 16_000),
        progress=lambda done, total: seen.append(("read", done / total)),
        on_segment=lambda _, segment: seen.append(("segment", segment.start)),
    )
    assert [kind for kind, _ in seen].index("segment") < 6
    done = [value for kind, value in seen if kind == "read"]
    assert done == sorted(done) and done[-1] == 1.0 and len(done) > 15
    starts = [value for kind, value in seen if kind == "segment"]
    assert len(starts) == sum(len(channel.segments) for channel in result.channels) > 60


def test_eight_channels_are_heard(recognizer: EmotionRecognizer) -> None:
    agent, customer = at_16_khz(CALL.name)
    channels = [np.roll(channel, 160 * shift) for shift in range(4) for channel in (agent, customer)]
    result = recognizer.recognize((np.stack(channels), 16_000))
    assert len(result.channels) == 8
    assert all(channel.emotion is not None for channel in result.channels)
    assert not any("same audio" in warning for channel in result.channels for warning in channel.warnings)


def test_listeners_hear_every_sample_and_every_stretch_of_speech(recognizer: EmotionRecognizer, call: Result) -> None:
    blocks: list[np.ndarray] = []
    speech: list[tuple[int, float, float]] = []
    result = recognizer.recognize(
        CALL, on_block=lambda samples, rate: blocks.append(samples), on_speech=lambda *found: speech.append(found)
    )
    assert result == call
    assert np.concatenate(blocks, axis=1).shape == (2, soundfile.info(CALL).frames)
    for channel in call.channels:
        own = [(start, end) for number, start, end in speech if number == channel.channel_number]
        assert sum(end - start for start, end in own) == pytest.approx(channel.speech_length)
        # A segment begins and ends with speech.
        assert {s.start for s in channel.segments} <= {start for start, _ in own}
        assert {s.end for s in channel.segments} <= {end for _, end in own}
