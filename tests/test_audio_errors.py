"""Bad recordings: each is refused, or read as far as it goes, in plain words."""

import base64
import io
import pickle

import numpy as np
import pytest
from audio_files import tones, video, wav, with_av, with_soundfile

from ser_demo.audio import load_audio, open_audio, source
from ser_demo.errors import (
    AudioTooLargeError,
    AudioTooLongError,
    EmptyAudioError,
    InvalidSamplesError,
    NoSamplesError,
    NotAudioError,
    SampleRateError,
    SerError,
    TooManyChannelsError,
    TruncatedAudioError,
    UnreadableAudioError,
)
from ser_demo.settings import Limits

NOISE = np.random.default_rng(0).bytes(20_000)
PLAY_LIST = "#EXTM3U\n#EXTINF:10,\ntarget.aac\n#EXT-X-ENDLIST\n"
CONCATENATION = "ffconcat version 1.0\nfile target.aac\n"

WAV = with_soundfile(tones(), 16000, "WAV")
M4A = with_av(tones(2.0), 16000, "ipod", "aac")
INDEX_FIRST_M4A = with_av(tones(2.0), 16000, "ipod", "aac", {"movflags": "faststart"})
NOT_A_NUMBER = tones()
NOT_A_NUMBER[0, 700] = np.nan
INFINITE = tones()
INFINITE[0, 15_999] = np.inf

# Found by fuzzing: libsndfile reads their lists of texts for minutes, a part of which runs beyond them.
ENDLESS_TEXTS = bytes.fromhex(
    "52494646f0c6000057415645666d74201200000007000100401f0000401f0000010008000000666163740400000020c60000"
    "4c49535496000000494e464f494e414d2a000000486170707920766f696365206f6e207468652074656c6570686f6effffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffdfffffffffffffffffff00000000000000000000005652f64d2dc36d72fa3b242931"
    "5ec8bab4c6bb5541"
)

ENDLESS_TAGS = base64.b64decode(
    "UklGRvDGAABXQVZFZm10IBIAAAAHAAEAQB8AAEAPAAABAAgAAABmYWN0BAAAACDGAABMSVNUlgAAAElORk9JTkFNKgAAAEhhcHB5"
    "IHZvaWNlyvlW2v//////////////Kv////////////////////////////////////////8/vP//9///////////////////////"
    "//86dlUKNmf///////////////////////////////////////////////////9s/Xs9fX74+vt+ew=="
)

BAD = {
    "empty": (b"", EmptyAudioError),
    "text": (b"hello, this is no sound\n" * 100, NotAudioError),
    "one byte": (b"R", NotAudioError),
    "UTF-16 text": (("hello " * 1000).encode("utf-16"), NotAudioError),
    "noise": (NOISE, NotAudioError),
    "zeros": (bytes(20_000), NotAudioError),
    "PDF": (b"%PDF-1.4\n" + NOISE, NotAudioError),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0" + NOISE[:100], NotAudioError),
    "instrument": (with_soundfile(tones(), 44100, "XI", "DPCM_16"), NotAudioError),  # in which nobody can seek
    "silent film": (video(with_sound=False), NotAudioError),
    "WAV without samples": (wav(b""), NoSamplesError),
    "WAV with endless texts": (ENDLESS_TEXTS, TruncatedAudioError),
    "WAV with endless tags": (ENDLESS_TAGS, TruncatedAudioError),
    "WAV cut in its header": (WAV[:30], TruncatedAudioError),
    "WAV cut after its header": (WAV[:44], TruncatedAudioError),
    "M4A without its index": (M4A[: len(M4A) * 9 // 10], TruncatedAudioError),
    "M4A cut after its index": (INDEX_FIRST_M4A[: INDEX_FIRST_M4A.index(b"mdat") + 4], TruncatedAudioError),
    "FLAC cut in its header": (with_soundfile(tones(), 16000, "FLAC")[:50], TruncatedAudioError),
    "Ogg cut in its header": (with_soundfile(tones(), 16000, "OGG")[:100], TruncatedAudioError),
    "NaN": (with_soundfile(NOT_A_NUMBER, 16000, "WAV", "FLOAT"), InvalidSamplesError),
    "infinity": (with_soundfile(INFINITE, 16000, "WAV", "FLOAT"), InvalidSamplesError),
    "nine channels": (wav(bytes(1800), channels=9), TooManyChannelsError),
    "rate of 100 Hz": (wav(bytes(1000), rate=100), SampleRateError),
    "rate of 800 kHz": (wav(bytes(1000), rate=800_000), SampleRateError),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("form", ["path", "bytes", "file", "pipe"])
def test_a_bad_file_is_refused_by_kind(kind, form, tmp_path):
    content, error = BAD[kind]
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    given = {
        "path": path,
        "bytes": content,
        "file": io.BytesIO(content),
        "pipe": Unseekable(content),
    }[form]
    with pytest.raises(error) as caught:
        load_audio(given)
    assert type(caught.value) is error
    assert_plain(caught.value, "call.wav" if form == "path" else "recording", tmp_path)


class Unseekable(io.BytesIO):
    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation("seek")


def assert_plain(error, name, folder):
    text = str(error)
    assert text == f"{name}: {error.problem}. {error.remedy}."
    assert error.name == name
    assert str(folder) not in text
    for noise in ("\n", "Error", "Errno", "0x", "<", "sndfile", "av."):
        assert noise not in text


def test_a_missing_file_is_unreadable(tmp_path):
    for path in (tmp_path / "no.wav", tmp_path / "no" / "no.wav"):
        with pytest.raises(UnreadableAudioError, match=r"^no\.wav: there is no such file\. ") as caught:
            open_audio(path)
        assert_plain(caught.value, "no.wav", tmp_path)


def test_a_folder_is_unreadable(tmp_path):
    with pytest.raises(UnreadableAudioError, match="it is a folder") as caught:
        open_audio(tmp_path)
    assert_plain(caught.value, tmp_path.name, tmp_path.parent)


@pytest.mark.parametrize("path", ["/dev/zero", "bad\0name.wav", "n" * 5000])
def test_what_is_no_ordinary_file_is_unreadable(path):
    with pytest.raises(UnreadableAudioError):
        open_audio(path)


def test_a_forbidden_file_is_unreadable(tmp_path, monkeypatch):
    path = tmp_path / "secret.wav"
    path.write_bytes(WAV)

    def refuse(*_):  # chmod does not stop the superuser, who runs many test machines
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(source, "open", refuse, raising=False)
    with pytest.raises(UnreadableAudioError, match="permission to read it is denied") as caught:
        open_audio(path)
    assert_plain(caught.value, "secret.wav", tmp_path)


@pytest.mark.parametrize("content", [with_soundfile(tones(60), 16000, "WAV"), with_av(tones(60), 16000, "mp3", "mp3")])
def test_a_disk_that_fails_in_the_middle_is_unreadable(content):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > len(content) // 2:
                raise OSError(5, "Input/output error")
            return super().read(min(size, 65536) if size > 0 else 65536)

        readinto = None

    with pytest.raises(UnreadableAudioError, match="it cannot be read"):
        load_audio(Failing(content))


def test_a_disk_that_fails_at_once_is_unreadable():
    class Failing(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(UnreadableAudioError, match="it cannot be read"):
        open_audio(Failing(WAV))


def test_a_closed_file_is_unreadable():
    file = io.BytesIO(WAV)
    file.close()
    with pytest.raises(UnreadableAudioError):
        open_audio(file)


@pytest.mark.parametrize("text", [PLAY_LIST, CONCATENATION])
def test_a_play_list_is_not_followed(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "target.aac"
    target.write_bytes(with_av(tones(), 16000, "adts", "aac"))
    play_list = tmp_path / "list.m4a"
    play_list.write_text(text)
    with pytest.raises(NotAudioError):
        open_audio(play_list)


def test_the_size_is_bounded_before_anything_is_read(tmp_path):
    path = tmp_path / "big.wav"
    path.write_bytes(WAV)
    limits = Limits(max_bytes=20_000)
    for given in (path, WAV, io.BytesIO(WAV)):
        with pytest.raises(AudioTooLargeError, match=r"31\.3 KiB and at most 19\.5 KiB are accepted"):
            open_audio(given, limits)


def test_an_endless_stream_is_read_no_further_than_the_bound():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.given += len(buffer)
            return len(buffer)

    stream = Endless()
    with pytest.raises(AudioTooLargeError):
        open_audio(stream, Limits(max_bytes=3_000_000))
    assert stream.given < 6_000_000


def test_the_length_is_bounded_by_the_header():
    with pytest.raises(AudioTooLongError, match=r"it is 1\.0 s long, and at most 0\.5 s are accepted"):
        open_audio(WAV, Limits(max_seconds=0.5))
    with pytest.raises(AudioTooLongError):
        open_audio((np.zeros(32_000), 16000), Limits(max_seconds=1.0))


def test_the_length_is_bounded_while_decoding_where_no_header_tells():
    content = with_av(tones(30.0), 16000, "adts", "aac")
    with open_audio(content, Limits(max_seconds=5.0)) as stream:
        assert stream.info.duration is None
        heard = 0.0
        with pytest.raises(AudioTooLongError):
            for block in stream.blocks(seconds=1.0):
                heard += block.shape[1] / stream.info.sample_rate
    assert heard == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(with_soundfile(tones(10.0), 16000, "WAV"), id="wav"),
        pytest.param(with_soundfile(tones(10.0), 16000, "WAV", "IMA_ADPCM"), id="adpcm"),
        pytest.param(with_soundfile(tones(10.0), 16000, "RF64"), id="rf64"),
        pytest.param(with_soundfile(tones(10.0), 16000, "AIFF"), id="aiff"),
        pytest.param(with_soundfile(tones(10.0), 16000, "AU"), id="au"),
        pytest.param(with_soundfile(tones(10.0), 16000, "FLAC"), id="flac"),
        pytest.param(with_av(tones(10.0), 16000, "mp3", "mp3"), id="mp3"),
        pytest.param(with_av(tones(10.0), 16000, "ipod", "aac", {"movflags": "faststart"}), id="m4a"),
        pytest.param(with_av(tones(10.0, 48000), 48000, "webm", "libopus"), id="webm"),
    ],
)
def test_a_file_cut_in_the_middle_gives_what_is_there(content):
    recording = load_audio(content[: len(content) // 2])
    assert recording.duration == pytest.approx(5.0, abs=0.7)
    (warning,) = recording.warnings
    assert warning.startswith(f"the file ends early: {recording.duration:.1f} s of the 10.")
    assert warning.endswith(" s it declares could be read")


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_a_cut_ogg_gives_what_is_there(codec):
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 480_000))
    content = with_soundfile(noise.astype(np.float32), 48000, "OGG", codec)
    recording = load_audio(content[: len(content) // 2])
    assert 3.0 < recording.duration < 7.0
    assert recording.warnings == (
        f"the file ends early: its end mark is missing and {recording.duration:.1f} s could be read",
    )


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("mp3", "mp3"), ("adts", "aac")])
def test_damage_in_the_middle_keeps_the_rest(container, codec):
    content = bytearray(with_av(tones(10.0), 16000, container, codec))
    middle = len(content) // 2
    content[middle : middle + 2000] = np.random.default_rng(1).bytes(2000)
    recording = load_audio(bytes(content))
    assert recording.duration > 8.0
    assert len(recording.warnings) == 1


def test_warnings_wait_for_the_end():
    with open_audio(WAV[:20_000]) as stream:
        assert stream.warnings == []
        list(stream.blocks())
        assert len(stream.warnings) == 1


@pytest.mark.parametrize(
    ("samples", "rate", "error"),
    [
        (np.zeros(0), 16000, NoSamplesError),
        (np.zeros((2, 0)), 16000, NoSamplesError),
        (np.zeros((2, 3, 4)), 16000, NotAudioError),
        (np.zeros(9, complex), 16000, NotAudioError),
        (np.zeros(9, np.int64), 16000, NotAudioError),
        (np.array(["a"]), 16000, NotAudioError),
        (np.zeros(9), 16000.5, NotAudioError),
        (16000, np.zeros(9), NotAudioError),  # the order that gradio has
        (np.zeros(9), 0, SampleRateError),
        (np.zeros(9), -16000, SampleRateError),
        (np.zeros((9, 9)), 16000, TooManyChannelsError),
        (np.array([0.0, np.nan]), 16000, InvalidSamplesError),
        (np.array([0.0, -np.inf]), 16000, InvalidSamplesError),
        (np.array([0.0, 1e30]), 16000, InvalidSamplesError),
        (np.array([0.0, 1e300]), 16000, InvalidSamplesError),
    ],
)
def test_a_bad_array_is_refused_by_kind(samples, rate, error):
    with pytest.raises(error) as caught:
        load_audio((samples, rate))
    assert caught.value.name == "recording"


def test_what_was_opened_is_closed_when_refused(tmp_path, monkeypatch):
    opened = []

    def remember(*arguments):
        opened.append(open(*arguments))  # noqa: SIM115
        return opened[-1]

    monkeypatch.setattr(source, "open", remember, raising=False)
    for kind in ("text", "WAV without samples", "nine channels", "empty", "silent film"):
        path = tmp_path / "call.wav"
        path.write_bytes(BAD[kind][0])
        with pytest.raises(SerError):
            open_audio(path)
    assert [file.closed for file in opened] == [True] * 5


def test_errors_survive_the_way_between_processes():
    error = pickle.loads(pickle.dumps(NotAudioError("a.wav", "it is a text", "Choose a recording")))
    assert isinstance(error, NotAudioError)
    assert str(error) == "a.wav: it is a text. Choose a recording."


def test_broken_files_never_raise_anything_else():
    chance = np.random.default_rng(2)
    contents = [WAV, M4A, with_soundfile(tones(), 16000, "FLAC"), with_av(tones(), 16000, "mp3", "mp3")]
    outcomes = []
    for number in range(200):
        content = np.frombuffer(contents[number % len(contents)], np.uint8).copy()
        content[chance.integers(0, min(len(content), 2000), 5)] = chance.integers(0, 256, 5)
        try:
            with open_audio(content.tobytes(), Limits(max_seconds=60)) as stream:
                outcomes.append(bool(list(stream.blocks())))
        except SerError:
            outcomes.append(False)
    assert {True, False} == set(outcomes)
