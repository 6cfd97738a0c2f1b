"""What a recording costs: seconds of work and peak memory, printed as a table.

    python benchmarks/cost.py            # a 1-minute call, stage by stage, a window, and until things are ready
    python benchmarks/cost.py --hours 3  # also a stereo file of 3 hours, made by repeating the example call
    python benchmarks/cost.py --decoding 1  # only decoding an hour, in this process and in one that can be killed

Times depend on the machine; compare the columns of one run.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
CALL = ROOT / "examples" / "call_two_channels.flac"
sys.path.insert(0, str(ROOT))


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The fastest of `repeats` runs."""
    return min(durations(work, repeats))


def durations(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def startup() -> None:
    """How long a program waits for its first import, and for a recogniser that is ready."""
    for title, code in (
        ("python -c pass", "pass"),
        ("import ser_demo", "import ser_demo"),
        ("EmotionRecognizer()", "import ser_demo; ser_demo.EmotionRecognizer()"),
    ):
        spent = seconds(lambda code=code: subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True))
        print(f"| {title} | {spent:.2f} s |")


def stages() -> None:
    """Cost of each stage on the example call, as a share of its length (both channels together count once)."""
    import numpy as np

    from ser_demo import EmotionRecognizer
    from ser_demo.audio import Resampler, load_audio
    from ser_demo.classifier import Classifier
    from ser_demo.speech import find_speech
    from ser_demo.windows import WindowReader

    recording = load_audio(CALL)
    channels = np.stack(recording.channels)
    windows = [window for channel in channels for _, window in WindowReader().feed(channel)]
    classifier, recognizer = Classifier(None, "cpu"), EmotionRecognizer()
    rows: list[tuple[str, Callable[[], object]]] = [
        ("decode", lambda: load_audio(CALL)),
        ("resample to 48 kHz", lambda: Resampler(16_000, 48_000, 2).feed(channels)),
        ("voice activity", lambda: [find_speech(channel) for channel in channels]),
        (f"{len(windows)} windows through the network", lambda: classifier.classify(windows)),
        ("all of recognize()", lambda: recognizer.recognize(CALL)),
    ]
    for title, work in rows:
        work()
        spent = seconds(work)
        print(f"| {title} | {spent:.2f} s | {recording.duration / spent:.0f} times real time |")


def one_window() -> None:
    """A window of 5 s on one core, features included, as either checkpoint that ships is asked: one at a time."""
    import numpy as np
    import torch
    from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

    from ser_demo.audio import load_audio
    from ser_demo.settings import EMBEDDED

    torch.set_num_threads(1)
    window = load_audio(CALL).channels[0][: 5 * 16_000]

    def ask(network: Callable[..., object], extractor: Callable[..., dict]) -> None:
        network(**extractor(window, sampling_rate=16_000, return_tensors="pt"))

    for checkpoint in (EMBEDDED, EMBEDDED.parent / "stock-whisper"):
        extractor = AutoFeatureExtractor.from_pretrained(checkpoint)
        network = AutoModelForAudioClassification.from_pretrained(checkpoint).eval()
        with torch.inference_mode():
            times = durations(partial(ask, network, extractor), 60)
        title = f"a window of 5 s, {checkpoint.name}, one thread"
        print(f"| {title} | {1000 * min(times):.1f} ms | median {1000 * np.median(times):.1f} ms |")


def long_file(hours: float) -> None:
    """A stereo file of `hours`: time, peak memory, and when its first segment was known."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_long(Path(folder) / "long.wav", hours)
        run = [sys.executable, __file__, "--measure", str(path)]
        print(subprocess.run(run, capture_output=True, text=True, check=True).stdout, end="")


def write_long(path: Path, hours: float) -> Path:
    """The example call again and again, in stereo, in the format that the file's ending says."""
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(CALL, dtype="int16")
    repeats = int(np.ceil(hours * 3600 * rate / len(samples)))
    with soundfile.SoundFile(path, "w", rate, samples.shape[1]) as file:
        for _ in range(repeats):
            file.write(samples)
    return path


def decoding(hours: float) -> None:
    """What it costs that a decoder can be killed, alone and with all that follows it.

    Both ways by turns, so that a busy machine slows them alike.
    """
    from ser_demo import EmotionRecognizer
    from ser_demo.audio import open_audio, open_isolated
    from ser_demo.settings import Limits, Settings

    limits = Limits(max_seconds=1e6)
    ways = (open_audio, open_isolated)
    recognizers = [EmotionRecognizer(settings=Settings(limits=limits), open_audio=way) for way in ways]

    def decode(way: int, path: str) -> None:
        with ways[way](path, limits) as stream:
            for _ in stream.blocks():
                pass

    def recognize(way: int, path: str) -> None:
        recognizers[way].recognize(path)

    with tempfile.TemporaryDirectory() as folder:
        for kind, work in (("wav", decode), ("flac", decode), ("wav", recognize)):
            path = str(write_long(Path(folder) / f"long.{kind}", hours))
            turns = [[seconds(partial(work, way, path), repeats=1) for way in (0, 1)] for _ in range(3)]
            here, apart = (min(times) for times in zip(*turns, strict=True))
            print(f"| {work.__name__} {hours:g} h of {kind} | {here:.2f} s |", flush=True)
            print(f"| with its decoder in another process | {apart:.2f} s | {apart / here:.2f} times as long |")


def measure(path: str) -> None:
    """In a process of its own, so that the peak memory is this file's."""
    from ser_demo import EmotionRecognizer

    recognizer = EmotionRecognizer()
    start, first = time.perf_counter(), []
    result = recognizer.recognize(path, on_segment=lambda *_: first or first.append(time.perf_counter() - start))
    spent = time.perf_counter() - start
    count = sum(len(channel.segments) for channel in result.channels)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    length = result.audio.duration / 3600
    print(f"| {length:.1f} h stereo, {count} segments | {spent:.0f} s | {3600 * length / spent:.0f} times real time |")
    print(f"| peak memory of the process | {peak:.0f} MiB |")
    print(f"| first segment known after | {first[0]:.1f} s |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, help="also measure a stereo file of this length")
    parser.add_argument("--decoding", type=float, metavar="HOURS", help="measure only decoding a file of this length")
    parser.add_argument("--measure", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
    elif options.decoding:
        decoding(options.decoding)
    else:
        startup()
        stages()
        one_window()
        if options.hours:
            long_file(options.hours)
