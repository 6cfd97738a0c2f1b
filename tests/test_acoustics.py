"""What a recording looks like: peaks, spectrum and pitch of sounds that are known exactly."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from ser_demo.acoustics import PeakReader, PictureReader, sound_picture
from ser_demo.acoustics.peaks import FINEST, MOST
from ser_demo.acoustics.pitch import pitch_of
from ser_demo.acoustics.spectrum import FRAME, MELS, MOST_FRAMES
from ser_demo.api.body_bound import RESERVE
from ser_demo.errors import InvalidSamplesError
from ser_demo.settings import Limits
from ser_demo.ui.messages import error_text
from ser_demo.ui.picture import mel_png, picture_html, pitch_svg, with_names
from ser_demo.ui.playable import NoRoomError, playable_copy

RATE = 16_000


def voice(hertz: float, seconds: float) -> np.ndarray:
    """A buzz with the overtones of a voice, (n,) float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 20)).astype(np.float32) / 4


@pytest.mark.parametrize("block", [7, 1000, 100_000])
def test_peaks_do_not_depend_on_how_the_recording_is_cut(block):
    samples = np.random.default_rng(1).uniform(-1, 1, (2, 30_011)).astype(np.float32)
    reader = PeakReader()
    for first in range(0, samples.shape[1], block):
        reader.feed(samples[:, first : first + block], RATE)
    hop = round(FINEST * RATE)
    expected = [np.abs(samples[:, i : i + hop]).max(axis=1) for i in range(0, samples.shape[1], hop)]
    assert np.array_equal(reader.finish(), np.stack(expected, axis=1)) and reader.step == hop / RATE


def test_peaks_of_hours_stay_few_and_in_their_place():
    reader = PeakReader()
    for minute in range(120):
        block = np.zeros((1, 60 * 1000), np.float32)
        block[0, 500] = minute / 120
        reader.feed(block, 1000)
    peaks = reader.finish()
    assert MOST / 2 < peaks.shape[1] <= MOST + 1
    assert peaks.shape[1] * reader.step == pytest.approx(7200, abs=2 * reader.step)
    assert peaks[0, int((90 * 60 + 0.5) / reader.step)] == pytest.approx(90 / 120)


@pytest.mark.parametrize("hertz", [80, 121.5, 220, 440])
def test_the_pitch_of_a_voice_is_found(hertz):
    samples = voice(hertz, 1)
    frames = np.stack([samples[i : i + FRAME] for i in range(0, len(samples) - FRAME, 400)])
    assert np.median(np.abs(pitch_of(frames, RATE) / hertz - 1)) < 0.02


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(2).normal(0, 0.1, (30, FRAME)).astype(np.float32)
    assert np.isfinite(pitch_of(noise, RATE)).mean() < 0.1
    assert not np.isfinite(pitch_of(np.zeros((3, FRAME), np.float32), RATE)).any()


@pytest.mark.parametrize("seconds", [2.0, 60.0])
def test_a_picture_shows_each_channel_at_its_time(tmp_path, seconds):
    half = np.zeros(round(seconds * RATE / 2), np.float32)
    left, right = np.append(voice(200, seconds / 2), half), np.append(half, voice(200, seconds / 2))
    soundfile.write(tmp_path / "a.flac", np.stack([left, right], axis=1), RATE)
    done = []
    picture = sound_picture(tmp_path / "a.flac", seconds, Limits(), lambda now, whole: done.append(now / whole))
    frames = picture.pitch.shape[1]
    assert picture.mel.shape == (2, frames, MELS) and 100 < frames <= MOST_FRAMES
    assert frames * picture.step == pytest.approx(seconds, abs=0.2) and 0.9 < done[-1] <= 1
    first, second = slice(5, frames // 2 - 10), slice(frames // 2 + 10, frames - 5)
    assert np.nanmedian(picture.pitch[0, first]) == pytest.approx(200, rel=0.03)
    assert not np.isfinite(picture.pitch[0, second]).any() and not np.isfinite(picture.pitch[1, first]).any()
    assert picture.mel.max() == 0 and picture.mel[0, first].max() - picture.mel[0, second].max() > 40
    html = picture_html(picture, seconds, ["Left", "Right"], "en")
    called = ["Agentin & Co.", "Rechts"]
    assert with_names(html, called, "de") == picture_html(picture, seconds, called, "de")
    assert html.count("<img") == 2 and f'data-whole="{seconds:.3f}"' in html


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_picture_made_while_reading_is_that_of_the_whole_however_it_is_cut(rate):
    samples = np.random.default_rng(3).uniform(-1, 1, (2, 20 * rate)).astype(np.float32)
    pictures = []
    for block in (997, 16 * rate):
        reader = PictureReader(0.3)
        for first in range(0, samples.shape[1], block):
            reader.feed(samples[:, first : first + block], rate)
        pictures.append(reader.finish())
    one, other = pictures
    assert one.step == other.step == 0.3 and one.mel.shape == (2, 67, MELS)
    assert np.allclose(one.mel, other.mel, atol=1e-2)


def test_a_picture_of_hours_stays_small_and_keeps_its_times():
    reader = PictureReader(0.3)
    tone = voice(200, 60)[None]
    for minute in range(30):
        reader.feed(tone if minute == 20 else np.zeros_like(tone), RATE)
    picture = reader.finish()
    frames = picture.pitch.shape[1]
    assert MOST_FRAMES / 2 <= frames <= MOST_FRAMES and frames * picture.step == pytest.approx(1800, abs=picture.step)
    voiced = np.flatnonzero(np.isfinite(picture.pitch[0])) * picture.step
    assert voiced.min() == pytest.approx(1200, abs=2 * picture.step)
    assert voiced.max() == pytest.approx(1260, abs=2 * picture.step)


def test_a_recording_shorter_than_a_frame_has_no_picture_but_a_sentence(tmp_path):
    soundfile.write(tmp_path / "a.wav", voice(200, 0.03), RATE)
    picture = sound_picture(tmp_path / "a.wav", 0.03, Limits())
    short = picture_html(picture, 0.03, ["Recording"], "en")
    assert "Too short" in short and with_names(short, ["Aufnahme"], "de") == picture_html(picture, 0.03, [], "de")
    assert with_names("", ["Aufnahme"], "de") == ""


def test_high_tones_are_at_the_top_and_pitch_breaks_where_there_is_no_voice():
    assert mel_png(np.zeros((4, MELS), np.float32)).startswith("data:image/png;base64,")
    path = pitch_svg(np.array([65, 500, np.nan, 100], np.float32))
    assert path.split('d="')[1].split('"')[0].startswith("M0 100h1L1 0M3 ")


def test_a_copy_for_the_browser_sounds_the_same_and_is_made_once(tmp_path):
    samples = np.stack([voice(200, 1), voice(300, 1)], axis=1)
    (tmp_path / "uploads").mkdir()
    soundfile.write(tmp_path / "uploads" / "a.aiff", samples, RATE)
    copy = playable_copy(tmp_path / "uploads" / "a.aiff", tmp_path, Limits())
    heard, rate = soundfile.read(copy)
    assert rate == RATE and copy.suffix == ".flac" and np.abs(heard - samples).max() < 1e-3
    changed = copy.stat().st_mtime_ns
    assert playable_copy(tmp_path / "uploads" / "a.aiff", tmp_path, Limits()) == copy
    assert copy.stat().st_mtime_ns == changed and len(list(copy.parent.iterdir())) == 1


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "uploads").mkdir()
    samples = voice(200, 20)
    samples[-100] = np.nan
    soundfile.write(tmp_path / "uploads" / "a.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(InvalidSamplesError):
        playable_copy(tmp_path / "uploads" / "a.wav", tmp_path / "copies", Limits())
    assert not [path for path in (tmp_path / "copies").rglob("*") if path.is_file()]


def test_a_copy_takes_no_room_that_uploads_and_tasks_need(tmp_path, monkeypatch):
    (tmp_path / "uploads").mkdir()
    soundfile.write(tmp_path / "uploads" / "a.aiff", voice(200, 20), RATE)
    free = iter([RESERVE + 1, RESERVE - 1])  # the disk fills up while the copy is made
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=next(free)))
    with pytest.raises(NoRoomError) as raised:
        playable_copy(tmp_path / "uploads" / "a.aiff", tmp_path / "copies", Limits())
    assert "a.aiff: the server has no room" in str(raised.value)
    assert error_text(raised.value, "de").startswith("a.aiff: Der Server hat keinen Platz")
    assert not [path for path in (tmp_path / "copies").rglob("*") if path.is_file()]


def test_a_rate_that_no_browser_plays_is_brought_down(tmp_path):
    (tmp_path / "uploads").mkdir()
    soundfile.write(tmp_path / "uploads" / "a.wav", np.zeros(768_000), 768_000)
    copy = soundfile.info(playable_copy(tmp_path / "uploads" / "a.wav", tmp_path, Limits()))
    assert (copy.samplerate, copy.duration) == (48_000, 1.0)
