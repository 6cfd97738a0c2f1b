"""Decoding in a process of its own gives the same samples and errors, and outlives whatever happens there."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from audio_files import tones, with_av, with_soundfile, write_sound
from recordings import CALL, EXAMPLES
from service_server import ROOT, wait_for

from ser_demo import EmotionRecognizer
from ser_demo.audio import DecodingStoppedError, isolated, load_audio, open_audio, open_isolated
from ser_demo.audio.isolated import IsolatedDecoder
from ser_demo.errors import NotAudioError, TruncatedAudioError, UndecodableAudioError, UnreadableAudioError
from ser_demo.settings import Limits

LIMITS = Limits()


def child_id() -> int:
    """The process id of the one decoder that runs."""
    (child,) = multiprocessing.active_children()
    assert child.pid is not None
    return child.pid


@pytest.mark.parametrize("name", ["call_two_channels.flac", "neutral_news.m4a", "hold_music.ogg", "happy_phone.wav"])
def test_samples_and_facts_are_those_of_the_decoder_at_home(name):
    expected = load_audio(EXAMPLES / name)
    with open_isolated(EXAMPLES / name, LIMITS) as stream:
        samples = np.concatenate(list(stream.blocks(seconds=1.0)), axis=1)
    assert stream.info == expected.info and tuple(stream.warnings) == expected.warnings
    assert np.array_equal(samples, np.stack(expected.channels))


def test_the_recogniser_answers_alike(recognizer):
    assert EmotionRecognizer(open_audio=open_isolated).recognize(CALL) == recognizer.recognize(CALL)


def test_damage_is_told(tmp_path):
    content = bytearray(with_av(tones(4.0), 16000, "ipod", "aac"))
    content[9000:9400] = bytes(400)
    (tmp_path / "cut.m4a").write_bytes(content)
    with open_isolated(tmp_path / "cut.m4a", LIMITS) as stream:
        list(stream.blocks())
    assert stream.warnings == list(load_audio(tmp_path / "cut.m4a").warnings) != []


def test_sound_tracks_that_are_not_read_are_told(tmp_path):
    call = tmp_path / "a speaker on each track.mkv"
    with av.open(call, "w") as output:
        tracks = [output.add_stream("pcm_s16le", rate=16000, layout="mono") for _ in range(2)]
        for track in tracks:
            write_sound(output, track, tones(1.0, 16000), "mono")
    for opened in (open_audio(call), open_isolated(call, LIMITS)):
        with opened as stream:
            (warning,) = stream.warnings
            assert stream.info.channel_count == 1
        assert "2 sound tracks, and only the first" in warning


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"hello", NotAudioError), (CALL.read_bytes()[:30], TruncatedAudioError), (None, UnreadableAudioError)],
)
def test_errors_come_through(content, error, tmp_path):
    path = tmp_path / "bad.flac"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=r"^bad\.flac: "):
        open_isolated(path, LIMITS)
    assert multiprocessing.active_children() == []


def test_bytes_can_be_opened_by_another_process_a_file_object_cannot():
    with open_isolated(CALL.read_bytes(), LIMITS, CALL.name) as there, open_audio(CALL, LIMITS) as here:
        assert there.info == here.info
        for theirs, ours in zip(there.blocks(), here.blocks(), strict=True):
            np.testing.assert_array_equal(theirs, ours)
    with pytest.raises(NotAudioError, match=r"^bad: "):
        open_isolated(b"this is no recording", LIMITS, "bad")
    with CALL.open("rb") as file, pytest.raises(TypeError, match="path or as bytes"):
        open_isolated(file, LIMITS)


@pytest.mark.parametrize(
    ("signum", "problem"),
    [(signal.SIGSEGV, "broke off"), (signal.SIGKILL, "broke off"), (signal.SIGXCPU, "minutes of the processor")],
)
def test_a_decoder_that_dies_is_an_error_of_its_recording(signum, problem):
    stream = open_isolated(CALL, LIMITS, "call.flac")
    os.kill(child_id(), signum)
    with stream, pytest.raises(UndecodableAudioError, match=rf"^call\.flac: .*{problem}"):
        list(stream.blocks())


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_decoder_that_was_told_to_stop_is_no_fault_of_its_recording(whole_group):
    stream = open_isolated(CALL, LIMITS, "call.flac")
    child = child_id()
    if whole_group:  # a supervisor tells all processes, also the one that decoders are forked from
        fork_server = int(Path(f"/proc/{child}/stat").read_text().split()[3])
        os.kill(fork_server, signal.SIGTERM)
        wait_for(lambda: not is_running(fork_server))
    os.kill(child, signal.SIGTERM)
    with stream, pytest.raises(DecodingStoppedError, match=r"^call\.flac: reading it was interrupted\. Try again\.$"):
        list(stream.blocks())
    with open_isolated(CALL, LIMITS) as again:
        assert next(again.blocks()).size


def is_running(process: int) -> bool:
    """Whether there is such a process, and not only its exit code."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_decoder_is_an_error_of_its_recording_on_windows_too(monkeypatch):
    monkeypatch.delattr(signal, "SIGXCPU")
    stream = open_isolated(CALL, LIMITS, "call.flac")
    os.kill(child_id(), signal.SIGKILL)
    with stream, pytest.raises(UndecodableAudioError, match=r"^call\.flac: .*broke off"):
        list(stream.blocks())


INTERRUPTED = """
import multiprocessing, os, signal, sys
from multiprocessing import util
from ser_demo.audio import open_isolated
from ser_demo.settings import Limits

start = util.spawnv_passfds

def press_ctrl_c(program, arguments, files):
    started = start(program, arguments, files)
    if "forkserver" in arguments[-1]:
        for process in (started, os.getpid()):
            os.kill(process, signal.SIGINT)
    return started

util.spawnv_passfds = press_ctrl_c
try:
    open_isolated(sys.argv[1], Limits())
except KeyboardInterrupt:
    print("stopped", multiprocessing.active_children())
with open_isolated(sys.argv[1], Limits()) as stream:
    print(sum(block.shape[1] for block in stream.blocks()) > 0)
"""


def test_ctrl_c_while_the_first_decoder_starts_is_no_error():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, CALL], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("stopped []\nTrue\n", "")


def test_a_temporary_folder_with_too_long_a_path_is_one_line(tmp_path):
    folder = tmp_path / ("a" * 100)
    folder.mkdir()
    command = [sys.executable, "-m", "ser_demo", "batch", str(EXAMPLES), str(tmp_path / "out")]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    said = f"error: TMPDIR: '{folder}' is not allowed. Give a folder whose path is shorter, as /tmp.\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_decoders_keep_to_a_narrower_limit_of_the_shell():
    code = "from ser_demo.audio import *; from ser_demo.settings import *; open_isolated(sys.argv[1], Limits()).close()"
    command = f"ulimit -t 300 && exec {sys.executable} -c 'import sys; {code}' {CALL}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_decoder_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(isolated, "STALL_SECONDS", 0.3)
    stream = open_isolated(CALL, LIMITS)
    os.kill(child_id(), signal.SIGSTOP)
    with stream, pytest.raises(UndecodableAudioError, match="got stuck"):
        list(stream.blocks())
    assert multiprocessing.active_children() == []


def hang(*_: object) -> None:
    """In place of the decoder's process."""
    time.sleep(60)


def test_a_file_that_hangs_its_decoder_is_given_up(monkeypatch):
    monkeypatch.setattr(isolated, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(isolated, "_decode", hang)
    with pytest.raises(UndecodableAudioError, match=r"^call\.flac: reading it got stuck"):
        open_isolated(CALL, LIMITS, "call.flac")
    assert multiprocessing.active_children() == []


def test_a_decoder_that_takes_all_memory_is_stopped():
    decoder = IsolatedDecoder(str(EXAMPLES / "happy_phone.wav"), LIMITS, "bomb.wav")
    try:
        with pytest.raises(UndecodableAudioError, match=r"^bomb\.wav: .*memory"):
            decoder.read(isolated.MEMORY)  # four bytes each
    finally:
        decoder.close()


def test_a_stream_that_is_left_early_leaves_no_process(tmp_path):
    path = tmp_path / "long.wav"
    path.write_bytes(with_soundfile(tones(120.0, 16000, 2), 16000, "WAV"))
    with open_isolated(path, LIMITS) as stream:
        next(stream.blocks())
        process = child_id()
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{process}") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{process}")
