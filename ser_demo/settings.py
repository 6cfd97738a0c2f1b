"""Settings from the environment, in one place and read once, each with a default that suits one machine."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import limits
import platformdirs

from ser_demo.errors import SettingsError

EMBEDDED = Path(__file__).parent / "checkpoint"  # the model that comes with SER Demo
EMBEDDED_NAME = "embedded"  # what SER_MODELS calls it

MOST_DIGITS = 15  # of a number; SQLite takes some more
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Limits:
    """Bounds on one recording; what exceeds them is refused before all of it is decoded."""

    max_bytes: int = 2 * 1024**3
    """Size of the file in bytes."""
    max_seconds: float = 4 * 3600.0
    """Length of the recording in seconds."""
    max_channels: int = 8
    """Number of channels."""


@dataclass(frozen=True)
class Settings:
    """What the environment says; a variable that is unset or blank leaves the default."""

    model: str | None = None
    """SER_MODEL: checkpoint, a Hub id or a folder; None is the embedded one."""
    models: tuple[str, ...] = ()
    """SER_MODELS: checkpoints that visitors may choose instead; `EMBEDDED_NAME` is the embedded one."""
    device: str = "auto"
    """SER_DEVICE: where the model runs, one of `DEVICES`; auto takes an accelerator where there is one."""
    limits: Limits = Limits()
    """SER_MAX_BYTES, SER_MAX_SECONDS, SER_MAX_CHANNELS: bounds on one recording."""
    state_dir: Path = field(default_factory=lambda: _state_dir())
    """SER_STATE_DIR: folder for accepted tasks and their recordings; by default the user's own."""
    queue: str | None = None
    """SER_QUEUE: address of Redis, where several machines share the work; None is the folder above."""
    result_ttl: float = 1800.0
    """SER_RESULT_TTL: seconds for which the results of tasks, and what visitors of the page upload, are kept."""
    max_waiting: int = 1000
    """SER_MAX_WAITING: tasks that may wait; one more is refused."""
    workers: int = 2
    """SER_WORKERS: recordings that one process analyses at the same time."""
    api_keys: tuple[str, ...] = ()
    """SER_API_KEYS: keys, one of which every request must bring; none: everybody may ask."""
    rate_limit: str | None = None
    """SER_RATE_LIMIT: how often one client may start something, such as 600/minute; None is no bound."""
    mcp: bool = False
    """SER_MCP: whether assistants find the recogniser as a tool (Model Context Protocol)."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every setting; raises SettingsError that names a variable with a bad value."""
        default = Limits()
        return cls(
            model=_text(environ, "SER_MODEL") or None,
            models=tuple(filter(None, map(str.strip, _text(environ, "SER_MODELS").split(",")))),
            device=_choice(environ, "SER_DEVICE", DEVICES),
            limits=Limits(
                max_bytes=_count(environ, "SER_MAX_BYTES", default.max_bytes),
                max_seconds=_seconds(environ, "SER_MAX_SECONDS", default.max_seconds),
                max_channels=_count(environ, "SER_MAX_CHANNELS", default.max_channels),
            ),
            state_dir=_folder(environ, "SER_STATE_DIR"),
            queue=_queue(environ, "SER_QUEUE"),
            result_ttl=_seconds(environ, "SER_RESULT_TTL", cls.result_ttl),
            max_waiting=_count(environ, "SER_MAX_WAITING", cls.max_waiting),
            workers=_count(environ, "SER_WORKERS", cls.workers),
            api_keys=_keys(environ, "SER_API_KEYS"),
            rate_limit=_rate(environ, "SER_RATE_LIMIT"),
            mcp=_choice(environ, "SER_MCP", ("false", "true")) == "true",
        )


def _state_dir() -> Path:
    return platformdirs.user_state_path("ser-demo", appauthor=False)


def _folder(environ: Mapping[str, str], variable: str) -> Path:
    text = _text(environ, variable)
    try:
        return Path(text).expanduser() if text else _state_dir()
    except RuntimeError as error:  # of ~name where nobody has that name
        raise SettingsError(variable, text, "a folder on this machine that can be written") from error


def _queue(environ: Mapping[str, str], variable: str) -> str | None:
    text = _text(environ, variable)
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(variable, without_password(text), "the address of Redis, such as redis://host:6379/0")
    return text or None


def without_password(address: str) -> str:
    """An address, also a mistyped one, without the name, password and options in it."""
    before, _, place = address.rpartition("@")
    scheme, separator, _ = before.partition("://")
    return (scheme + separator if separator else "") + place.partition("?")[0]


def _keys(environ: Mapping[str, str], variable: str) -> tuple[str, ...]:
    text = _text(environ, variable)
    keys = tuple(filter(None, map(str.strip, text.split(","))))
    if text and not keys:  # somebody wanted to close the server
        raise SettingsError(variable, text, "comma-separated keys, or leave it blank for an open server")
    return keys


def _rate(environ: Mapping[str, str], variable: str) -> str | None:
    text = _text(environ, variable)
    try:
        if text:
            (_,) = limits.parse_many(text)  # it takes several, of which one alone would count
            if not all(map(int, re.findall("[0-9]+", text))):  # it takes 0 minutes for one
                raise ValueError("zero")
    except ValueError as error:
        raise SettingsError(variable, text, "a number of requests and a time, such as 600/minute") from error
    return text or None


def _text(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable, "").strip()


def _choice(environ: Mapping[str, str], variable: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, the first by default, in any case."""
    text = _text(environ, variable)
    if not text:
        return allowed[0]
    if text.lower() not in allowed:
        raise SettingsError(variable, text, "one of " + ", ".join(allowed))
    return text.lower()


def _count(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = _text(environ, variable)
    if not text:
        return default
    # isdecimal alone would take digits of other scripts, int alone "1_000".
    if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS or int(text) == 0:
        raise SettingsError(variable, text, f"a whole number above zero, of at most {MOST_DIGITS} digits")
    return int(text)


def _seconds(environ: Mapping[str, str], variable: str, default: float) -> float:
    text = _text(environ, variable)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise SettingsError(variable, text, "a number of seconds above zero")
    return seconds
