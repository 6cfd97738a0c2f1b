"""The example recordings: they open, are what their README says, and the script that makes them is right."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
import soundfile as sf

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SOUNDS = sorted(p for p in EXAMPLES.iterdir() if p.suffix in {".flac", ".wav", ".m4a", ".ogg"})
RATE = 16000  # Hz, for the arrays made up here


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """examples/make_recordings.py as a module; the folder is no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("make_recordings", EXAMPLES / "make_recordings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decode(path: Path) -> tuple[np.ndarray, int]:
    """The sound of any example as (channels, n), full scale 1.0, and its rate in Hz."""
    if path.suffix != ".m4a":
        x, rate = sf.read(path, always_2d=True)
        return x.T, rate
    with av.open(str(path)) as box:
        frames = [frame.to_ndarray() for frame in box.decode(audio=0)]
        return np.concatenate(frames, axis=1), box.streams.audio[0].rate


def tone(hz: float, seconds: float, rate: int = RATE, peak: float = 0.1) -> np.ndarray:
    """A sine."""
    return peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def rms(x: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(x))))


# ---------------------------------------------------------------- the files


def test_folder_holds_what_the_script_makes_and_stays_small(maker: ModuleType) -> None:
    assert {p.name for p in SOUNDS} == set(maker.RECORDINGS)
    assert sum(p.stat().st_size for p in SOUNDS) < 2_500_000


@pytest.mark.parametrize("path", SOUNDS, ids=lambda p: p.name)
def test_opens_is_not_clipped_and_has_a_sensible_length(path: Path) -> None:
    x, rate = decode(path)
    assert 6 <= x.shape[1] / rate <= 40
    assert 0.05 < np.abs(x).max() < 0.99


@pytest.mark.parametrize("path", SOUNDS, ids=lambda p: p.name)
def test_is_labelled_synthetic_in_the_readme_and_in_its_own_tags(path: Path) -> None:
    rows = [line for line in (EXAMPLES / "README.md").read_text("utf-8").splitlines() if line.startswith("|")]
    assert any(f"`{path.name}`" in row and "synthetic" in row for row in rows)
    with av.open(str(path)) as box:
        tags = {**box.metadata, **box.streams.audio[0].metadata}  # Ogg keeps its tags with the stream
    assert "synthetic" in " ".join(tags.values()).lower()


def test_the_call_has_two_different_speakers_who_take_turns() -> None:
    (agent, customer), rate = decode(EXAMPLES / "call_two_channels.flac")
    assert 25 <= len(agent) / rate <= 40
    block = rate // 10
    loud = [
        np.sqrt(np.square(x[: len(x) // block * block]).reshape(-1, block).mean(axis=1)) > 0.005
        for x in (agent, customer)
    ]
    assert all(one.mean() > 0.25 for one in loud)
    assert (loud[0] & loud[1]).mean() < 0.03  # hardly any overlap
    quiet = ~loud[0] & ~loud[1]
    noises = [x[: len(x) // block * block].reshape(-1, block)[quiet].ravel() for x in (agent, customer)]
    assert abs(np.corrcoef(noises)[0, 1]) < 0.2  # each side has a line of its own


def test_the_customer_gets_louder() -> None:
    (_, customer), _ = decode(EXAMPLES / "call_two_channels.flac")
    third = len(customer) // 3
    assert rms(customer[-third:]) > 2 * rms(customer[:third])


def test_the_phone_clip_is_8_khz_mu_law() -> None:
    info = sf.info(EXAMPLES / "happy_phone.wav")
    assert (info.samplerate, info.channels, info.format, info.subtype) == (8000, 1, "WAV", "ULAW")


def test_the_m4a_is_aac() -> None:
    with av.open(str(EXAMPLES / "neutral_news.m4a")) as box:
        assert box.streams.audio[0].codec_context.name == "aac"


def test_speech_is_found_where_there_is_some() -> None:
    silero_vad = pytest.importorskip("silero_vad", reason="silero-vad is not installed")
    soxr = pytest.importorskip("soxr", reason="soxr is not installed")
    model = silero_vad.load_silero_vad(sequence=True)
    for path in SOUNDS:
        x, rate = decode(path)
        for channel in x:
            y = soxr.resample(channel, rate, RATE).astype(np.float32)
            spans = silero_vad.get_speech_timestamps_sequence(y, model)
            seconds = sum(s["end"] - s["start"] for s in spans) / RATE
            assert seconds < 0.25 if path.name == "hold_music.ogg" else seconds > 3, path.name


# ---------------------------------------------------------------- the script's functions


def test_turns_follow_each_other_on_their_channels(maker: ModuleType) -> None:
    turns = [(0, 0.0, np.full(RATE, 0.1)), (1, 0.5, np.full(RATE, 0.2)), (0, -0.25, np.full(RATE, 0.3))]
    call = maker.place_turns(turns, RATE, margin_s=0.5)
    assert call.shape == (round(4.25 * RATE), 2)
    spans = [(np.flatnonzero(call[:, 0] == 0.1), 0.5), (np.flatnonzero(call[:, 1]), 2.0)]
    spans.append((np.flatnonzero(call[:, 0] == 0.3), 2.75))
    for where, start_s in spans:
        assert where[0] == round(start_s * RATE)
        assert len(where) == RATE
    assert np.count_nonzero(call[:, 0]) == 2 * RATE  # silence while the other one speaks


def test_band_limit_keeps_the_band_only(maker: ModuleType) -> None:
    for hz, kept in [(100, 0), (400, 1), (3000, 1), (4000, 0)]:
        x = tone(hz, 1.0)
        assert rms(maker.band_limit(x, RATE, 300, 3400)) == pytest.approx(kept * rms(x), abs=1e-3)


def test_set_level_counts_speech_only(maker: ModuleType) -> None:
    x = np.concatenate([tone(200, 1.0), np.zeros(3 * RATE)])
    y = maker.set_level(x, RATE, -20)
    assert 20 * np.log10(rms(y[:RATE])) == pytest.approx(-20, abs=0.1)
    assert maker.level_dbfs(y, RATE) == pytest.approx(-20, abs=0.1)


def test_limit_leaves_quiet_sound_alone_and_never_clips(maker: ModuleType) -> None:
    x = np.linspace(-5, 5, 1001)
    y = maker.limit(x)
    quiet = np.abs(x) <= 0.7
    assert np.array_equal(y[quiet], x[quiet])
    assert np.abs(y).max() < 0.98
    assert np.all(np.diff(y) >= 0)


def test_trim_cuts_silence_at_the_ends_only(maker: ModuleType) -> None:
    gap = np.zeros(RATE // 2)
    x = np.concatenate([gap, tone(200, 0.5), gap, tone(200, 0.5), gap])
    assert len(maker.trim(x, RATE)) / RATE == pytest.approx(1.5, abs=0.05)


def test_tilt_makes_brighter_or_duller(maker: ModuleType) -> None:
    for slope, ratio in [(6.0, 2.0), (-6.0, 0.5)]:
        low, high = (rms(maker.tilt(tone(hz, 1.0), RATE, slope)) for hz in (1000, 2000))
        assert high / low == pytest.approx(ratio, rel=0.02)


def test_noise_has_its_level_and_is_the_same_every_time(maker: ModuleType) -> None:
    one, again, other = (maker.noise(RATE, RATE, -60, seed) for seed in (1, 1, 2))
    assert 20 * np.log10(rms(one)) == pytest.approx(-60, abs=0.01)
    assert np.array_equal(one, again)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


def test_a_missing_synthesiser_is_named_with_its_package(maker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maker.shutil, "which", lambda program: None)
    with pytest.raises(SystemExit, match=r"espeak-ng is missing.*apt install espeak-ng"):
        maker.happy_phone()


# ---------------------------------------------------------------- making them again


def assert_same_sound(one: Path, other: Path) -> None:
    """Equal but for the last bits, which other versions of the arithmetic libraries may round differently."""
    (x, rate), (y, other_rate) = decode(one), decode(other)
    assert (x.shape, rate) == (y.shape, other_rate)
    assert rms(x - y) < 0.01 * rms(x)


def test_hold_music_comes_out_the_same(maker: ModuleType, tmp_path: Path) -> None:
    maker.main(["--out", str(tmp_path), "--only", "hold_music.ogg"])
    assert_same_sound(EXAMPLES / "hold_music.ogg", tmp_path / "hold_music.ogg")


def test_phone_clip_comes_out_the_same(maker: ModuleType, tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True).stdout
    if " 1.51 " not in version:
        pytest.skip(f"the recording was made with espeak-ng 1.51, here is {version.strip()}")
    maker.main(["--out", str(tmp_path), "--only", "happy_phone.wav"])
    assert_same_sound(EXAMPLES / "happy_phone.wav", tmp_path / "happy_phone.wav")


def test_help_says_what_the_script_does() -> None:
    script = str(EXAMPLES / "make_recordings.py")
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "synthesisers" in done.stdout
