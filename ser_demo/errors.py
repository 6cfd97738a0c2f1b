"""Errors meant for people: what is wrong, with which file, and what to do about it.

Every error that a user can cause derives from `SerError`. Its text is one plain line, so a page, an API or a shell can
show `str(error)` as it is. That of an `AudioError` or a `ModelError`, which strangers see too, names no folder of this
machine; others name files as the operator's settings or the command line do.
"""

import errno

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # numbers of the errors that a full disk gives


class SerError(Exception):
    """Base of every error that is meant for users."""


class SettingsError(SerError):
    """An environment variable holds a value that is not allowed.

    `variable` is its name, `value` what it holds, `allowed` what it may hold.
    """

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(variable, value, allowed)
        self.variable = variable
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.variable}: {self.value!r} is not allowed. Give {self.allowed}."


class SourceTypeError(SerError, TypeError):
    """What is given as a recording is of a type that none has: a slip in the program that gives it."""


class AudioError(SerError):
    """A recording cannot be used. Raised only through its subclasses, one per kind of problem.

    `name` is a file's base name, or "recording" where there is none; `problem` says what is wrong and
    `remedy` what to do, both without a full stop.
    """

    # All three go to Exception so that the error survives pickling between worker processes.
    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(name, problem, remedy)
        self.name = name
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}. {self.remedy}."


class UnreadableAudioError(AudioError):
    """The bytes cannot be reached: no such file, a directory, no permission, an input/output error."""


class EmptyAudioError(AudioError):
    """The file has no bytes at all."""


class NotAudioError(AudioError):
    """The content is no audio that can be decoded: a text, an image, a video without sound, an odd array."""


class TruncatedAudioError(AudioError):
    """The file is cut off or damaged so early that no sound can be read."""


class UndecodableAudioError(AudioError):
    """Decoding the file crashes, hangs, or takes too much memory or time; only `open_isolated` finds out."""


class NoSamplesError(AudioError):
    """The file is valid audio of length zero."""


class InvalidSamplesError(AudioError):
    """Samples are not numbers (NaN), infinite, or larger than any recording's."""


class AudioTooLargeError(AudioError):
    """More bytes than `Limits.max_bytes`."""


class AudioTooLongError(AudioError):
    """More seconds than `Limits.max_seconds`."""


class TooManyChannelsError(AudioError):
    """More channels than `Limits.max_channels`."""


class SampleRateError(AudioError):
    """A sample rate that no recording of speech has."""


class NoSuchChannelError(AudioError):
    """A channel is asked for that the recording does not have."""


class EmptyRangeError(AudioError):
    """The seconds asked for begin after the recording has ended."""


def first_line(error: BaseException) -> str:
    """What an error of a library says, without its full stop or colon and the lines of details that may follow.

    The kind of the error where it says nothing.
    """
    return next(iter(str(error).strip().splitlines()), "").rstrip(" .:") or type(error).__name__


def printable(name: str) -> str:
    """The name of a file as one line of text: what a terminal would obey, and what is no UTF-8, gets question marks."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
