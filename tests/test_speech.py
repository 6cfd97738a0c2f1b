"""Finding speech: what is speech, what is not, and that reading in blocks changes nothing."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recordings import EXAMPLES, at_16_khz

from ser_demo.speech import SAMPLE_RATE, SpeechDetector, find_speech


@pytest.fixture(scope="module")
def call() -> np.ndarray:
    """Both sides of the example call, one after the other, 16 kHz."""
    return np.concatenate(at_16_khz("call_two_channels.flac"))


def test_speech_is_found_where_someone_speaks(call: np.ndarray) -> None:
    regions = find_speech(call)
    assert 20 < sum(region.duration for region in regions) < 40
    assert all(a.end <= b.start for a, b in itertools.pairwise(regions))


@pytest.mark.parametrize("block", [160, 4_001, 60_000])
def test_reading_in_blocks_finds_the_same_regions(call: np.ndarray, block: int) -> None:
    detector = SpeechDetector()
    regions = [region for i in range(0, len(call), block) for region in detector.feed(call[i : i + block])]
    assert regions + detector.finish() == find_speech(call)


def test_nothing_is_reported_to_the_makers_of_the_runtime(tmp_path: Path) -> None:
    """onnxruntime would ask for the address of its makers' collector, after it has left a mark of its session."""
    code = "import numpy; from ser_demo.speech import find_speech; find_speech(numpy.zeros(16_000, numpy.float32))"
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], env={**environment, "TMPDIR": str(tmp_path)}, check=True)
    assert not list(tmp_path.glob(".ses*"))


def test_a_region_is_known_soon_after_it_ended(call: np.ndarray) -> None:
    detector = SpeechDetector()
    for first in range(0, len(call), SAMPLE_RATE):
        for region in detector.feed(call[first : first + SAMPLE_RATE]):
            assert first + SAMPLE_RATE - region.end < 2 * SAMPLE_RATE


def test_a_faint_voice_is_heard(call: np.ndarray) -> None:
    def spoken(samples: np.ndarray) -> float:
        return sum(region.duration for region in find_speech(samples))

    faint = 0.003 * call / np.abs(call).max()  # 50 dB below full scale at its loudest
    assert spoken(faint) > 0.9 * spoken(call)


def test_no_region_is_longer_than_a_window_can_be(call: np.ndarray) -> None:
    monologue = np.concatenate([call[r.start : r.end] for r in find_speech(call)])
    assert max(region.duration for region in find_speech(monologue)) <= 5.1


SECONDS = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
NOT_SPEECH = {
    "silence": np.zeros_like(SECONDS),
    "hiss": 0.1 * np.random.default_rng(0).standard_normal(len(SECONDS)),
    "tone": 0.5 * np.sin(2 * np.pi * 440 * SECONDS),
    "dial tone": 0.2 * np.sin(2 * np.pi * 350 * SECONDS) + 0.2 * np.sin(2 * np.pi * 440 * SECONDS),
    "hum": 0.3 * np.sign(np.sin(2 * np.pi * 50 * SECONDS)),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_noise_is_not_speech(name: str) -> None:
    assert find_speech(NOT_SPEECH[name].astype(np.float32)) == []


def test_music_on_hold_is_not_speech() -> None:
    (music,) = at_16_khz("hold_music.ogg")
    assert find_speech(music) == []


def test_nothing_is_no_speech() -> None:
    assert find_speech(np.zeros(0, dtype=np.float32)) == []


def test_importing_the_detector_leaves_torch_all_its_threads() -> None:
    """The silero_vad package sets the whole process to one thread."""
    import subprocess
    import sys

    code = (
        "import numpy, torch; torch.set_num_threads(2)\n"
        "from ser_demo.speech import find_speech; find_speech(numpy.zeros(16000, numpy.float32))\n"
        "print(torch.get_num_threads())"
    )
    root = EXAMPLES.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "2"
