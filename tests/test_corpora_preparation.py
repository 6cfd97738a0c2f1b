"""Preparation: what becomes of a recording, and which ones are set aside."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_demo.corpora.cleaning import MAX_CLIP, Cleaned, UselessError, clean
from ser_demo.corpora.duplicates import find_duplicates
from ser_demo.corpora.preparation import Prepared, Survey, prepare_clips, survey_clips
from ser_demo.training import clips
from ser_demo.training.watch import Silence
from ser_demo.windows import LEVEL, MARGIN, PEAK
from tests.recordings import at_16_khz


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Two seconds with a second of silence on both sides."""
    return np.pad(at_16_khz("call_two_channels.flac")[0][16_000:48_000], 16_000)


def level_of(cleaned: Cleaned) -> float:
    clip = cleaned.clips[0]
    spoken = clip.samples[clip.start : clip.end].astype(np.float64) / 32767
    return 10 * np.log10(np.mean(spoken**2))


def test_a_clip_is_cut_to_its_speech_and_brought_to_one_level(speech: np.ndarray) -> None:
    quiet, normal = clean(speech / 10), clean(speech)
    clip = normal.clips[0]
    assert clip.samples.dtype == np.int16 and len(clip.samples) < len(speech) - 16_000
    assert clip.start == MARGIN * 16_000 and normal.starts[0] == pytest.approx(1, abs=0.3)
    assert normal.duration == 4 and 1 < normal.ends[0] - normal.starts[0] < 2.5
    assert level_of(normal) == pytest.approx(LEVEL, abs=0.1)
    assert level_of(quiet) == pytest.approx(LEVEL, abs=0.1)
    assert normal.level - quiet.level == pytest.approx(20, abs=0.5)


def test_a_loud_moment_is_not_clipped(speech: np.ndarray) -> None:
    click = speech.copy()
    click[40_000] = 1
    samples = clean(click).clips[0].samples / 32767
    assert np.abs(samples).max() == pytest.approx(PEAK, abs=0.01) and np.sum(np.abs(samples) > 0.9) == 1


def test_a_long_recording_becomes_windows(speech: np.ndarray) -> None:
    cleaned = clean(np.tile(speech[16_000:48_000], 10))
    assert len(cleaned.clips) == len(cleaned.starts) >= 3
    for clip, start, end in zip(cleaned.clips, cleaned.starts, cleaned.ends, strict=True):
        assert (clip.end - clip.start) / 16_000 == pytest.approx(end - start) and end - start <= MAX_CLIP
        assert len(clip.samples) <= (MAX_CLIP + 2 * MARGIN) * 16_000
    gaps = np.array(cleaned.starts[1:]) - cleaned.ends[:-1]
    assert (gaps > -0.1).all()  # speech that is cut without a pause is padded on both sides of the cut


def test_what_cannot_be_learnt_from_is_told(speech: np.ndarray) -> None:
    noise = np.random.default_rng(0).standard_normal(160_000).astype(np.float32) / 50
    for samples, reason in (
        (np.zeros(16_000, np.float32), "silent"),
        (speech / 2_000 / np.abs(speech).max(), "silent"),
        (np.zeros(0, np.float32), "silent"),
        (noise[:4_000], "too little speech: 0.25 s"),
        (noise, "too little speech: 10 s with nothing but short words"),
        (np.clip(speech * 40, -1, 1), "clipped throughout"),
    ):
        with pytest.raises(UselessError, match=reason):
            clean(samples)


def test_touching_full_scale_is_no_fault(speech: np.ndarray) -> None:
    assert len(clean(np.clip(2 * speech / np.abs(speech).max(), -1, 1)).clips) == 1


def test_a_short_recording_in_which_no_speech_is_found_is_kept_whole() -> None:
    noise = np.random.default_rng(0).standard_normal(32_000).astype(np.float32) / 50
    clip = clean(noise).clips[0]
    assert (clip.start, clip.end) == (0, 32_000)


def prepare(folder: Path, tested: Sequence[str] = (), **emotions: str) -> Prepared:
    """Of files that are called like the arguments, in their order, beside test recordings."""
    paths = [str(folder / f"{name}.wav") for name in emotions]
    table = pd.DataFrame({"path": paths, "corpus": "own", "speaker": "1", "emotion": list(emotions.values())})
    told: list[tuple[int, int]] = []
    tests = [str(folder / f"{name}.wav") for name in tested]
    prepared = prepare_clips(table, tests, lambda done, total: told.append((done, total)))
    everything = len(paths) + len(tests)
    assert told == [(number, everything) for number in range(1, everything + 1)]
    return prepared


def reasons(prepared: Survey) -> dict[str, str]:
    return {Path(rejected.path).stem: rejected.reason for rejected in prepared.rejected}


def test_useless_recordings_are_set_aside_with_a_reason_and_stop_nothing(tmp_path: Path, speech: np.ndarray) -> None:
    (tmp_path / "broken.wav").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    soundfile.write(tmp_path / "good.wav", np.stack([speech, 0 * speech], axis=1), 16_000)
    soundfile.write(tmp_path / "long.wav", np.tile(speech, 4), 16_000)
    prepared = prepare(tmp_path, broken="sad", long="sad", missing="sad", empty="sad", silent="sad", good="happy")
    assert list(reasons(prepared)) == ["broken", "missing", "empty", "silent"]
    assert reasons(prepared)["silent"] == "silent" and reasons(prepared)["broken"].startswith("unreadable: ")
    names = [Path(path).stem for path in prepared.table["path"]]
    assert names == ["long"] * (len(names) - 1) + ["good"] and len(names) == len(prepared.clips) > 2
    assert prepared.table["emotion"].iloc[-1] == "happy" and prepared.table["duration"].tolist() == [16.0] * (
        len(names) - 1
    ) + [4.0]
    assert (prepared.table["end"] > prepared.table["start"]).all() and (prepared.table["level"] < 0).all()


def test_doubles_are_found_by_their_sound(tmp_path: Path, speech: np.ndarray) -> None:
    """Of a sound under one label the first stays; under two labels nobody knows which is right."""
    other = speech[::-1].copy()
    soundfile.write(tmp_path / "a.wav", speech, 16_000)
    soundfile.write(tmp_path / "b.wav", other, 16_000)
    soundfile.write(tmp_path / "a_again.wav", speech, 16_000, format="FLAC")
    soundfile.write(tmp_path / "b_angry.wav", other, 16_000)
    soundfile.write(tmp_path / "louder.wav", speech * 1.1, 16_000)
    prepared = prepare(tmp_path, a="sad", b="sad", a_again="sad", b_angry="angry", louder="sad")
    assert reasons(prepared) == {
        "b": "double under another label: b_angry.wav, angry",
        "a_again": "double: a.wav",
        "b_angry": "double under another label: b.wav, sad",
    }
    assert [Path(path).stem for path in prepared.table["path"]] == ["a", "louder"]


def test_doubles_of_a_division_are_told_as_training_and_evaluation_find_them(
    tmp_path: Path, speech: np.ndarray
) -> None:
    sounds = {"train": speech, "dev": speech[::-1], "dev again": speech[::-1], "test": speech, "test again": speech}
    for name, samples in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, 16_000)
    paths = [str(tmp_path / f"{name}.wav") for name in sounds]
    table = pd.DataFrame({"path": paths, "emotion": "sad", "split": [name.split()[0] for name in sounds]})
    assert reasons(survey_clips(table, lambda *_: None)) == {
        "train": "a test recording too: test again.wav",
        "dev again": "double: dev.wav",
        "test again": "double: test.wav",
    }
    undivided = reasons(survey_clips(table.drop(columns="split"), lambda *_: None))
    assert undivided == {"dev again": "double: dev.wav", **dict.fromkeys(["test", "test again"], "double: train.wav")}


def test_recordings_that_are_there_once_take_no_time() -> None:
    clips = 30_000
    table = pd.DataFrame({"path": [f"{number}.wav" for number in range(clips)], "emotion": "sad"})
    start = perf_counter()
    assert find_duplicates(table, [number.to_bytes(16) for number in range(clips)]) == {}
    assert perf_counter() - start < 1  # a group of its own for each took 8 s


def test_what_is_a_test_recording_too_neither_trains_nor_chooses(tmp_path: Path, speech: np.ndarray) -> None:
    for name in ("a", "renamed", "alone"):
        soundfile.write(tmp_path / f"{name}.wav", speech[::-1] if name == "alone" else speech, 16_000)
    prepared = prepare(tmp_path, a="sad", renamed="sad", alone="sad", tested=["renamed", "missing"])
    assert reasons(prepared) == dict.fromkeys(["a", "renamed"], "a test recording too: renamed.wav")
    assert [Path(path).stem for path in prepared.table["path"]] == ["alone"]


def test_a_training_hears_of_its_test_recordings(tmp_path: Path, speech: np.ndarray) -> None:
    """Under another name, and with an emotion that this training leaves out."""
    for name, samples in {"1": speech, "2": speech[::-1], "3": speech, "4": speech * 0.9}.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, 16_000)
    table = pd.DataFrame({"path": [str(tmp_path / f"{name}.wav") for name in "1234"], "corpus": "own"})
    rows = table.assign(speaker=list("1234"), split=["train", "dev", "test", "train"])
    rows["emotion"] = ["sad", "sad", "bored", "happy"]
    prepared = clips.prepare(rows, ("train", "dev"), ["sad", "happy"], Silence())
    assert [Path(path).stem for path in prepared.table["path"]] == ["2", "4"]


def test_a_corpus_of_one_emotion_neither_trains_nor_chooses(tmp_path: Path, speech: np.ndarray) -> None:
    """Among the emotions that it has, any network is always right."""
    for number in range(1, 5):
        soundfile.write(tmp_path / f"{number}.wav", speech * number / 5, 16_000)
    table = pd.DataFrame({"path": [str(tmp_path / f"{name}.wav") for name in "1234"], "speaker": list("1234")})
    rows = table.assign(corpus=["own", "own", "calls", "calls"], split=["train", "dev", "train", "dev"])
    rows["emotion"] = ["sad", "happy", "neutral", "neutral"]
    told: list[str] = []
    watch = Silence()
    watch.log = told.append
    prepared = clips.prepare(rows, ("train", "dev"), ["neutral", "happy", "sad"], watch)
    assert prepared.table["corpus"].tolist() == ["own", "own"]
    assert told[0].startswith("left out: calls, all 2 clips of which are neutral")


def test_nothing_usable_leaves_an_empty_table(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, missing="sad")
    assert (
        prepared.table.empty and prepared.clips == [] and {"emotion", "start", "level"} <= set(prepared.table.columns)
    )
