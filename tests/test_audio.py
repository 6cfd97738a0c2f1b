"""Good recordings: every format, rate, shape and source arrives as the same sound."""

import io
import signal
import subprocess
import sys

import av
import numpy as np
import pytest
import soxr
from audio_files import (
    amr,
    flac_from_a_pipe,
    mov_with_odd_speaker_order,
    pitch,
    tones,
    video,
    wav,
    with_av,
    with_soundfile,
)

from ser_demo.audio import Resampler, load_audio, open_audio, recordings_below
from ser_demo.settings import Limits

RATES = [8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000]

LOSSLESS = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AU", "PCM_16"),
    ("CAF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
]
COARSE = [("WAV", "PCM_U8"), ("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "MS_ADPCM"), ("WAV", "IMA_ADPCM")]
LOSSY = [("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS")]
BY_FFMPEG = [
    ("ipod", "aac"),
    ("ipod", "alac"),
    ("mp4", "aac"),
    ("mov", "pcm_s16le"),
    ("adts", "aac"),
    ("webm", "libopus"),
    ("matroska", "pcm_f32le"),
    ("matroska", "aac"),
    ("asf", "wmav2"),
    ("mpegts", "aac"),
    ("avi", "pcm_s16le"),
    ("ac3", "ac3"),
]


class Pipe(io.RawIOBase):
    """A stream that can only be read onwards, such as standard input or an HTTP body."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._content.readinto(buffer)


@pytest.mark.parametrize(("container", "codec"), LOSSLESS)
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_lossless_samples_arrive_exactly(container, codec, channels):
    sound = tones(0.5, 16000, channels)
    recording = load_audio(with_soundfile(sound, 16000, container, codec))
    assert recording.sample_rate == 16000
    assert recording.warnings == ()
    assert np.stack(recording.channels) == pytest.approx(sound, abs=1 / 32768)


@pytest.mark.parametrize(("container", "codec"), COARSE)
def test_telephone_encodings_arrive_nearly(container, codec):
    sound = tones(0.5, 8000, 2)
    recording = load_audio(with_soundfile(sound, 8000, container, codec))
    heard = np.stack(recording.channels)[:, : sound.shape[1]]
    assert np.abs(heard - sound).mean() < 0.02
    assert recording.warnings == ()


@pytest.mark.parametrize(("container", "codec"), LOSSY)
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_sound_keeps_channels_length_and_pitch(container, codec, channels):
    recording = load_audio(with_soundfile(tones(2.0, 48000, channels), 48000, container, codec))
    assert_sounds_alike(recording, 2.0, channels)


@pytest.mark.parametrize(("container", "codec"), BY_FFMPEG)
@pytest.mark.parametrize("channels", [1, 2])
def test_formats_that_libsndfile_lacks_are_read(container, codec, channels):
    recording = load_audio(with_av(tones(2.0, 48000, channels), 48000, container, codec))
    assert_sounds_alike(recording, 2.0, channels)


@pytest.mark.parametrize(("container", "codec"), [("ipod", "aac"), ("mov", "pcm_s16le"), ("flac", "flac")])
def test_eight_channels_are_read_in_order_by_ffmpeg(container, codec):
    recording = load_audio(with_av(tones(1.0, 48000, 8), 48000, container, codec))
    assert len(recording.channels) == 8
    if codec != "aac":  # which puts the channels into an order of its own
        assert_sounds_alike(recording, 1.0, 8)


def assert_sounds_alike(recording, seconds, channels):
    assert recording.warnings == ()
    assert len(recording.channels) == channels
    assert recording.duration == pytest.approx(seconds, abs=0.1)
    for number, samples in enumerate(recording.channels):
        assert samples.dtype == np.float32
        assert pitch(samples, recording.sample_rate) == pytest.approx(200 * (number + 1), abs=2)
        assert np.std(samples) == pytest.approx(0.4 / np.sqrt(2), abs=0.03)


def test_a_phone_memo_in_amr_is_read():
    recording = load_audio(amr(1.0))
    assert (recording.sample_rate, len(recording.channels), recording.duration) == (8000, 1, 1.0)


@pytest.mark.parametrize(
    ("suffixes", "container", "codec"),
    [
        (".3gp .3gpp", "3gp", "aac"),
        (".3g2", "3g2", "aac"),
        (".m4a .m4b", "ipod", "aac"),
        (".mp4 .m4v", "mp4", "aac"),
        (".mka .mkv", "matroska", "libopus"),
        (".webm .weba", "webm", "libopus"),
        (".ts .mts .m2ts", "mpegts", "aac"),
        (".mp2 .mpga", "mp2", "mp2"),
        (".mpg .mpeg", "mpeg", "mp2"),
        (".ac3", "ac3", "ac3"),
        (".eac3", "eac3", "eac3"),
        (".asf .wma .wmv", "asf", "wmav2"),
        (".flv", "flv", "aac"),
        (".tta", "tta", "tta"),
        (".wv", "wv", "wavpack"),
        (".caf", "caf", "pcm_s16le"),
        (".au .snd", "au", "pcm_s16be"),
        (".w64", "w64", "pcm_s16le"),
        (".wav .wave .bwf", "wav", "pcm_s16le"),
    ],
)
def test_a_folder_s_files_are_recordings_where_they_are_read(suffixes, container, codec, tmp_path):
    content = with_av(tones(1.0, 48000), 48000, container, codec)
    for suffix in suffixes.split():
        (tmp_path / f"memo{suffix.upper()}").write_bytes(content)
    found, _ = recordings_below(tmp_path)
    assert len(found) == len(suffixes.split())
    assert load_audio(found[0]).duration == pytest.approx(1.0, abs=0.1)


def test_the_sound_track_of_a_video_is_read():
    recording = load_audio(video(with_sound=True))
    assert pitch(recording.channels[0], recording.sample_rate) == pytest.approx(200, abs=2)


@pytest.mark.parametrize("rate", RATES)
def test_every_rate_is_kept(rate):
    recording = load_audio(with_soundfile(tones(0.2, rate), rate, "WAV"))
    assert recording.sample_rate == rate
    assert len(recording.channels[0]) == round(0.2 * rate)


def test_info_is_known_before_anything_is_decoded():
    with open_audio(with_soundfile(tones(1.5, 8000, 2), 8000, "WAV", "ULAW"), name="call.wav") as stream:
        info = stream.info
    assert (info.name, info.sample_rate, info.channel_count) == ("call.wav", 8000, 2)
    assert (info.duration, info.container) == (1.5, "wav")


def test_a_container_without_length_says_none():
    with open_audio(with_av(tones(1.0, 48000), 48000, "webm", "libopus", {"live": "1"})) as stream:
        assert stream.info.duration is None


@pytest.mark.parametrize("container", ["WAV", "MP3"])
def test_path_bytes_file_and_pipe_sound_the_same(container, tmp_path):
    content = with_soundfile(tones(0.5, 16000, 2), 16000, container)
    path = tmp_path / "call.bin"
    path.write_bytes(content)
    expected = np.stack(load_audio(content).channels)
    with path.open("rb") as file:
        file.seek(100)  # where it stands does not matter
        for source in (
            path,
            str(path),
            file,
            io.BytesIO(content),
            Pipe(content),
            io.BufferedReader(Pipe(content)),
        ):
            assert np.array_equal(np.stack(load_audio(source).channels), expected)


def test_the_ending_of_a_name_does_not_matter(tmp_path):
    path = tmp_path / "call.raw"  # soundfile by itself takes this for samples without a header
    path.write_bytes(with_soundfile(tones(), 16000, "WAV"))
    assert load_audio(path).duration == 1.0


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_the_callers_file_stays_open(container):
    file = io.BytesIO(with_soundfile(tones(), 16000, container))
    load_audio(file)
    assert not file.closed
    assert load_audio(file).duration == 1.0


def test_a_file_opened_by_path_is_closed(tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(with_soundfile(tones(), 16000, "WAV"))
    with open_audio(path) as stream:
        opened = stream._file._stream
        assert not opened.closed
    assert opened.closed


def test_a_recording_is_named_by_its_base_name(tmp_path):
    path = tmp_path / "call\n\udcff.wav"
    path.write_bytes(with_soundfile(tones(), 16000, "WAV"))
    assert load_audio(path).info.name == "call??.wav"
    with open_audio(path, name="C:\\calls\\a.wav") as stream:
        assert stream.info.name == "a.wav"
    assert load_audio(path.read_bytes()).info.name == "recording"
    with path.open("rb", buffering=0) as file:
        assert load_audio(file).info.name == "call??.wav"


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.array([-32768, 0, 16384], np.int16), [-1, 0, 0.5]),
        (np.array([-(2**31), 0, 2**30], np.int32), [-1, 0, 0.5]),
        (np.array([0, 128, 192], np.uint8), [-1, 0, 0.5]),
        (np.array([-2.0, 0.0, 0.5], np.float64), [-2, 0, 0.5]),
    ],
)
def test_arrays_are_scaled_by_type(samples, expected):
    recording = load_audio((samples, 16000))
    assert recording.channels[0].tolist() == expected


@pytest.mark.parametrize(
    ("shape", "channels"), [((30,), 1), ((1, 30), 1), ((30, 1), 1), ((2, 30), 2), ((30, 2), 2), ((2, 2), 2)]
)
def test_the_shorter_side_of_an_array_is_the_channels(shape, channels):
    samples = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    recording = load_audio((samples, 16000))
    assert len(recording.channels) == channels
    first = samples.reshape(-1)[:: 2 if shape == (30, 2) else 1][: len(recording.channels[0])]
    assert recording.channels[0].tolist() == first.tolist()


def test_a_text_mode_file_is_a_programming_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with path.open() as file, pytest.raises(TypeError, match="'rb'"):
        load_audio(file)
    with pytest.raises(TypeError, match="not int"):
        load_audio(5)


def test_a_long_recording_is_streamed_in_small_blocks(tmp_path):
    path = tmp_path / "long.wav"
    minutes = 20
    path.write_bytes(wav(bytes(minutes * 60 * 8000 * 4), rate=8000, channels=2))
    with open_audio(path) as stream:
        lengths = [block.shape for block in stream.blocks(seconds=10)]
    assert lengths == [(2, 80000)] * (minutes * 6)


@pytest.mark.parametrize(("container", "codec"), [("wav", "pcm_s16le"), ("ipod", "aac"), ("mp3", "mp3")])
def test_blocks_join_without_seams(container, codec):
    content = with_av(tones(2.0, 16000, 2), 16000, container, codec)
    with open_audio(content) as stream:
        blocks = list(stream.blocks(seconds=0.13))
    assert {block.shape for block in blocks[:-1]} == {(2, 2080)}
    assert np.array_equal(np.concatenate(blocks, axis=1), np.stack(load_audio(content).channels))


def test_blocks_are_read_once():
    with open_audio(with_soundfile(tones(), 16000, "WAV")) as stream:
        list(stream.blocks())
        with pytest.raises(RuntimeError, match="once"):
            list(stream.blocks())


class Interrupting(io.BytesIO):
    """A file at whose read number `interrupted_at`, counted from 1, somebody presses Ctrl-C."""

    reads = 0
    interrupted_at = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads == self.interrupted_at:
            signal.raise_signal(signal.SIGINT)
        return super().read(size)


@pytest.fixture
def ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest's own processes may ignore it
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


@pytest.mark.parametrize(("container", "codec"), [("wav", "pcm_s16le"), ("ipod", "aac")])
def test_ctrl_c_ends_the_reading_wherever_it_comes(container, codec, ctrl_c):
    """An exception in a decoding library's callback is lost, and would leave a shortened recording."""
    content = with_av(tones(4.0), 16000, container, codec)
    whole = Interrupting(content)
    assert load_audio(whole).duration == pytest.approx(4.0, abs=0.1)
    for number in range(1, whole.reads + 1):
        file = Interrupting(content)
        file.interrupted_at = number
        with pytest.raises(KeyboardInterrupt):
            load_audio(file)


def test_rate_and_channels_may_change_in_mid_stream():
    first = with_av(tones(1.0, 16000), 16000, "adts", "aac")
    second = with_av(tones(1.0, 44100, 2), 44100, "adts", "aac")
    recording = load_audio(first + second)
    assert (recording.sample_rate, len(recording.channels)) == (16000, 1)
    assert recording.duration == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_ogg_recordings_joined_in_one_file_are_all_read(codec):
    one = with_soundfile(tones(1.0, 48000, 2), 48000, "OGG", codec)
    assert load_audio(one + one).duration == pytest.approx(2.0, abs=0.05)


def test_ogg_recordings_of_two_rates_are_read_in_part_with_a_warning():
    content = with_soundfile(tones(), 44100, "OGG") + with_soundfile(tones(), 16000, "OGG")
    recording = load_audio(content)
    assert recording.sample_rate == 44100
    assert len(recording.warnings) == 1


def test_variable_rate_mp3_without_a_length_is_read_whole():
    sound = np.concatenate([np.zeros((1, 16000 * 5), np.float32), tones(5.0)], axis=1)
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as output:
        track = output.add_stream("libmp3lame", rate=16000, layout="mono", options={"q": "4"})
        frame = av.AudioFrame.from_ndarray(sound, "flt", "mono")
        frame.sample_rate = 16000
        track.codec_context.qscale = True
        output.mux(track.encode(frame))
        output.mux(track.encode(None))
    recording = load_audio(file.getvalue())
    assert recording.duration == pytest.approx(10.0, abs=0.15)
    assert recording.warnings == ()


@pytest.mark.parametrize("declared", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_is_read_whole_without_warning(declared):
    recording = load_audio(wav(bytes(32000), declared=declared))
    assert recording.duration == 1.0
    assert recording.warnings == ()


def test_flac_from_a_pipe_is_read_whole():
    recording = load_audio(flac_from_a_pipe(tones(), 16000))
    assert recording.info.duration is None
    assert recording.duration == 1.0


def test_chunks_after_the_samples_are_no_sound():
    recording = load_audio(wav(bytes(32000), after=b"LIST\x04\0\0\0abcd"))
    assert recording.duration == 1.0


def test_tags_in_any_encoding_do_no_harm():
    content = with_av(tones(), 16000, "mp3", "mp3")
    tagged = content.replace(b"Lavf", b"L\xe4vf")
    assert tagged != content
    assert load_audio(tagged).duration == pytest.approx(1.0, abs=0.1)


def test_an_odd_speaker_order_does_not_end_the_process(tmp_path):
    path = tmp_path / "odd.mov"
    path.write_bytes(mov_with_odd_speaker_order())
    read = "import sys; from ser_demo.audio import load_audio; print(len(load_audio(sys.argv[1]).channels))"
    done = subprocess.run([sys.executable, "-c", read, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "3\n")


def test_more_channels_are_read_where_the_limit_allows():
    content = wav(bytes(9 * 2 * 1000), channels=9)
    with open_audio(content, Limits(max_channels=9)) as stream:
        assert [block.shape for block in stream.blocks()] == [(9, 1000)]


@pytest.mark.parametrize("from_rate", RATES)
@pytest.mark.parametrize("to_rate", [8000, 16000])
def test_resampling_by_block_equals_resampling_at_once(from_rate, to_rate):
    sound = tones(1.3, from_rate, 2)
    resampler = Resampler(from_rate, to_rate, 2)
    pieces = [resampler.feed(sound[:, start : start + 7001]) for start in range(0, sound.shape[1], 7001)]
    resampled = np.concatenate([*pieces, resampler.flush()], axis=1)
    assert resampled.dtype == np.float32
    assert abs(resampled.shape[1] - sound.shape[1] * to_rate / from_rate) <= 1
    assert resampled == pytest.approx(soxr.resample(sound.T, from_rate, to_rate).T, abs=1e-5)


def test_a_resampler_that_was_fed_nothing_gives_nothing():
    assert Resampler(44100, 16000, 2).flush().shape == (2, 0)
    assert Resampler(16000, 16000, 1).flush().shape == (1, 0)


@pytest.mark.parametrize(
    ("suffixes", "content", "rate"),
    [
        (".ul .ulaw .pcmu", with_av(tones(1.0, 8000), 8000, "mulaw", "pcm_mulaw"), 8000),
        (".al .alaw .pcma", with_av(tones(1.0, 8000), 8000, "alaw", "pcm_alaw"), 8000),
        (".sln", with_av(tones(1.0, 8000), 8000, "s16le", "pcm_s16le"), 8000),
        (".gsm", with_soundfile(tones(1.0, 8000), 8000, "RAW", "GSM610"), 8000),
        (".g722", with_av(tones(1.0, 16000), 16000, "g722", "g722"), 16000),
    ],
)
def test_what_telephone_systems_record_without_a_header_is_read_by_its_ending(suffixes, content, rate, tmp_path):
    for suffix in suffixes.split():
        (tmp_path / f"call{suffix.upper()}").write_bytes(content)
    found, _ = recordings_below(tmp_path)
    assert len(found) == len(suffixes.split())
    for path in found:
        recording = load_audio(path)
        assert (recording.sample_rate, len(recording.channels)) == (rate, 1)
        assert recording.duration == pytest.approx(1.0, abs=0.05) and recording.warnings == ()
        assert pitch(recording.channels[0], rate) == pytest.approx(200, abs=3)
        assert np.abs(recording.channels[0]).max() == pytest.approx(0.4, abs=0.05)


def test_a_recording_with_a_header_is_what_it_says_whatever_its_ending(tmp_path):
    (tmp_path / "call.ulaw").write_bytes(with_soundfile(tones(1.0, 16000, 2), 16000, "WAV"))
    recording = load_audio(tmp_path / "call.ulaw")
    assert (recording.sample_rate, len(recording.channels)) == (16000, 2)
