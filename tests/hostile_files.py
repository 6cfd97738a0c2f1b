"""Files that mean harm, or are merely broken, for everything that takes recordings: made here, several hundred."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from audio_files import amr, tones, wav, with_av, with_soundfile

RATE = 16000


def hostile_files() -> dict[str, bytes]:
    """Every file by a name that says what is wrong with it."""
    whole = whole_files()
    files = dict(_crafted())
    for seed, (name, content) in enumerate(whole.items()):
        files |= _damaged(name, content, np.random.default_rng(seed))
    return files


def whole_files() -> dict[str, bytes]:
    """A second of sound in each format."""
    one, two = tones(1.0, RATE), tones(1.0, RATE, 2)
    return {
        "wav": with_soundfile(two, RATE, "WAV", "PCM_16"),
        "wav24": with_soundfile(one, RATE, "WAV", "PCM_24"),
        "adpcm": with_soundfile(one, RATE, "WAV", "IMA_ADPCM"),
        "aiff": with_soundfile(one, RATE, "AIFF", "PCM_16"),
        "flac": with_soundfile(two, RATE, "FLAC"),
        "vorbis": with_soundfile(one, RATE, "OGG", "VORBIS"),
        "opus": with_soundfile(one, RATE, "OGG", "OPUS"),
        "mp3": with_av(one, RATE, "mp3", "mp3"),
        "m4a": with_av(one, RATE, "ipod", "aac"),
        "aac": with_av(one, RATE, "adts", "aac"),
        "webm": with_av(tones(1.0, 48000), 48000, "webm", "libopus"),
        "wma": with_av(one, RATE, "asf", "wmav2"),
        "amr": amr(1.0),
    }


def _damaged(name: str, content: bytes, random: np.random.Generator) -> dict[str, bytes]:
    """Truncations, flipped bits, gaps and foreign pieces, most of them near the beginning, where the header is."""
    files = {}
    for share in (0.01, 0.1, 0.5, 0.9):
        files[f"{name} cut to {share}"] = content[: max(13, int(share * len(content)))]
    for number in range(10):
        flipped = bytearray(content)
        for position in random.integers(0, (200, len(content))[number % 2], size=1 + number):
            flipped[position % len(flipped)] ^= 1 << int(random.integers(8))
        files[f"{name} with flipped bits {number}"] = bytes(flipped)
    for number in range(4):
        start, length = int(random.integers(12, len(content) // 2)), int(random.integers(1, 64))
        files[f"{name} with ones {number}"] = content[:start] + b"\xff" * length + content[start + length :]
        files[f"{name} with a gap {number}"] = content[:start] + content[start + length :]
    files[f"{name} twice"] = content + content
    files[f"{name} after noise"] = random.bytes(1000) + content
    files[f"{name} with noise"] = content[:64] + random.bytes(3000)
    return files


def _crafted() -> Iterator[tuple[str, bytes]]:
    sound = np.zeros(RATE, "<i2").tobytes()
    for channels in (0, 4, 8, 9, 255, 1024, 65535):
        yield f"wav of {channels} channels", wav(sound, channels=channels) if channels < 8192 else _wav_header(channels)
    for rate in (0, 1, 7, 999, 768_001, 2**31, 2**32 - 1):
        yield f"wav at {rate} Hz", _wav_header(1, rate) + sound
    for bits in (0, 1, 7, 33, 64, 65535):
        yield f"wav of {bits} bits", _wav_header(1, RATE, bits) + sound
    for declared in (0, 1, 2**31, 2**32 - 2, 2**32 - 1):
        yield f"wav that claims {declared} bytes", wav(sound, declared=declared)
    for value in (np.nan, np.inf, -np.inf, 3e38):
        samples = tones(1.0, RATE)
        samples[0, 700] = value
        yield f"samples of {value}", with_soundfile(samples, RATE, "WAV", "FLOAT")
    yield "no samples", with_soundfile(np.zeros((1, 0), np.float32), RATE, "WAV")
    yield "a minute and more", with_soundfile(np.zeros((1, 61 * 4000), np.float32), 4000, "WAV")
    # Silence packs to nothing: 655 kHz and eight channels of it unpack to over a gigabyte.
    yield "flac bomb", with_soundfile(np.zeros((8, 655_350 // 2), np.float32), 655_350, "FLAC")
    yield "long flac bomb", with_soundfile(np.zeros((1, 3600 * 1000), np.float32), 1000, "FLAC")
    yield "zip bomb", _zip_bomb()
    yield "deflated zeros", zlib.compress(bytes(50_000_000))
    flac = bytearray(with_soundfile(tones(1.0, RATE), RATE, "FLAC"))
    flac[21:26] = b"\xff" * 5
    yield "flac that claims 2^36 samples", bytes(flac)
    yield "mp3 whose tag claims 256 MB", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(500)
    yield "a million chunks", b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 200_000
    yield "nested boxes", b"".join(struct.pack(">I4s", 1600 - 8 * i, b"moov") for i in range(200))
    yield "box of size 1", struct.pack(">I4sQ", 1, b"ftyp", 2**63 - 1) + bytes(100)
    yield "ogg without pages", b"OggS" * 2000
    yield "matroska of unknown size", b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" * 50
    for name, text in {
        "play list": "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "concatenation": "ffconcat version 1.0\nfile /etc/passwd\n",
        "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5000 RTP/AVP 0\n",
        "manifest": '<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
        "entities": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "page": "<html><script>alert(1)</script></html>",
        "program": "#!/bin/sh\nrm -rf /tmp/x\n",
    }.items():
        yield name, text.encode() * 3
    random = np.random.default_rng(0)
    for size in (1, 2, 11, 100, 10_000):
        yield f"{size} bytes of noise", random.bytes(size)
        yield f"{size} zeros", bytes(size)


def _wav_header(channels: int, rate: int = RATE, bits: int = 16) -> bytes:
    block = channels * bits // 8
    sound_format = struct.pack("<HHIIHH", 1, channels, rate, rate * block % 2**32, block % 65536, bits)
    return b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0" + sound_format + b"data\x00\x00\x01\x00"


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("call.wav", bytes(100_000_000))
    return file.getvalue()
