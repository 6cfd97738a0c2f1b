"""Choosing the decoder of a file.

Two libraries, because neither is enough: libsndfile reads WAV and its like with every encoding and exactly,
but no M4A, MP4, WebM, WMA or AMR, and of a cut, streamed or joined MP3, FLAC or Ogg file it may drop most
without a word. PyAV brings ffmpeg's decoders for all of these inside its wheel, so no ffmpeg program has to
be installed.
"""

from ser_demo.audio.av_decoder import open_av
from ser_demo.audio.decoder import Decoder
from ser_demo.audio.headerless import open_headerless
from ser_demo.audio.headers import container_name, cut_too_early, has_broken_list, ogg_is_one_stream
from ser_demo.audio.sndfile_decoder import open_sndfile
from ser_demo.audio.source import SourceFile
from ser_demo.errors import NotAudioError


def open_decoder(file: SourceFile) -> Decoder:
    """The decoder that reads a file best.

    Raises NotAudioError, TruncatedAudioError, NoSamplesError or UnreadableAudioError.
    """
    try:
        decoder = _first_that_opens(file)
    finally:
        # A file that could not be read looks like an odd one to the libraries, so this comes first.
        file.raise_failure()
    if decoder is not None:
        return decoder
    if container_name(file) is not None:
        raise cut_too_early(file)
    raise NotAudioError(
        file.file_name,
        "it is not an audio file of a known format",
        "Choose a recording such as WAV, FLAC, MP3, Ogg, M4A, MP4 or WebM",
    )


def _first_that_opens(file: SourceFile) -> Decoder | None:
    if (decoder := open_headerless(file)) is not None:
        return decoder
    if _begins_with_mpeg_frame(file):  # an MP3 without a tag, or AAC
        return open_av(file)
    match container_name(file):
        case "Ogg" if ogg_is_one_stream(file):  # libsndfile keeps Opus at its own rate
            return open_sndfile(file) or open_av(file)
        case "MP3" | "FLAC" | "Ogg":
            return open_av(file)
        case _ if has_broken_list(file):
            return open_av(file)
        case _:
            return open_sndfile(file) or open_av(file)


def _begins_with_mpeg_frame(file: SourceFile) -> bool:
    file.seek(0)
    head = file.read(2)
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
