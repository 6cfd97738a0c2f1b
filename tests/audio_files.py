"""Makes the recordings that the audio tests read: every format, and every way for one to be bad."""

import io
import struct
import tempfile

import av
import numpy as np
import soundfile

LAYOUTS = {1: "mono", 2: "stereo", 8: "7.1"}


def tones(seconds: float = 1.0, rate: int = 16000, channels: int = 1) -> np.ndarray:
    """float32 (channels, n); channel k is a sine of 200 * (k + 1) Hz, so that they differ."""
    time = np.arange(round(seconds * rate)) / rate
    pitches = 200.0 * np.arange(1, channels + 1)
    return (0.4 * np.sin(2 * np.pi * pitches[:, None] * time)).astype(np.float32)


def pitch(samples: np.ndarray, rate: int) -> float:
    """Hz of the loudest frequency of a 1-D array."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def with_soundfile(samples: np.ndarray, rate: int, container: str, codec: str | None = None) -> bytes:
    """The bytes of a file written by libsndfile from (channels, n)."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, len(samples), format=container, subtype=codec) as sound:
        for start in range(0, samples.shape[1], 4096):  # libsndfile cannot take a long Ogg at once
            sound.write(samples[:, start : start + 4096].T)
    return file.getvalue()


def with_av(samples: np.ndarray, rate: int, container: str, codec: str, options: dict | None = None) -> bytes:
    """The bytes of a file written by ffmpeg's libraries from (channels, n)."""
    # By name, because an M4A that begins with its index is written twice.
    with tempfile.NamedTemporaryFile() as file:
        with av.open(file.name, "w", format=container, options=options or {}) as output:
            add_sound_track(output, samples, rate, codec)
        return file.read()


def video(with_sound: bool) -> bytes:
    """One second of a small MP4 video."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        pictures = output.add_stream("mpeg4", rate=5, width=64, height=64, pix_fmt="yuv420p")
        track = output.add_stream("aac", rate=44100, layout="mono") if with_sound else None
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            output.mux(pictures.encode(picture))
        output.mux(pictures.encode(None))
        if track is not None:
            write_sound(output, track, tones(1.0, 44100), "mono")
    return file.getvalue()


def add_sound_track(
    output: av.container.OutputContainer,
    samples: np.ndarray,
    rate: int,
    codec: str,
    layout: str | None = None,
) -> None:
    layout = layout or LAYOUTS[len(samples)]
    track = output.add_stream(codec, rate=rate, layout=layout)
    track.bit_rate = 64_000 * len(samples)  # Windows Media has no default
    write_sound(output, track, samples, layout)


def write_sound(output: av.container.OutputContainer, track: av.AudioStream, samples: np.ndarray, layout: str) -> None:
    # Side by side, because PyAV cannot make a frame of eight planes.
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T).reshape(1, -1), "flt", layout)
    frame.sample_rate = track.rate
    output.mux(track.encode(frame))
    output.mux(track.encode(None))


def wav(data: bytes, rate: int = 16000, channels: int = 1, declared: int | None = None, after: bytes = b"") -> bytes:
    """A 16-bit WAV with any header: `declared` is the size that its data chunk claims."""
    size = len(data) if declared is None else declared
    sound_format = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, 2 * rate * channels, 2 * channels, 16)
    header = struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE")
    return header + sound_format + struct.pack("<4sI", b"data", size) + data + after


def flac_from_a_pipe(samples: np.ndarray, rate: int) -> bytes:
    """FLAC whose header has zero for the number of samples, as nobody could go back and fill it in."""
    content = bytearray(with_soundfile(samples, rate, "FLAC"))
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    return bytes(content)


def amr(seconds: float) -> bytes:
    """AMR of 12.2 kbit/s, a phone's voice memo; its decoder takes any bits, here zeros."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds * 50)


def mov_with_odd_speaker_order() -> bytes:
    """Three channels in the order centre, left, right, for which ffmpeg has no name."""
    file = io.BytesIO()
    with av.open(file, "w", format="mov") as output:
        add_sound_track(output, tones(1.0, 16000, 3), 16000, "pcm_s16le", "3.0")
    content = file.getvalue()
    order = content.index(b"chan") + 8
    centre_left_right = struct.pack(">I", 114 << 16 | 3)
    return content[:order] + centre_left_right + content[order + 4 :]
