"""Settings from the environment, in one place and read once, each with a default that suits one machine."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from ser_demo.errors import SettingsError

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
    device: str = "auto"
    """SER_DEVICE: where the model runs, one of `DEVICES`; auto takes an accelerator where there is one."""
    limits: Limits = Limits()
    """SER_MAX_BYTES, SER_MAX_SECONDS, SER_MAX_CHANNELS: bounds on one recording."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every setting; raises SettingsError that names a variable with a bad value."""
        default = Limits()
        return cls(
            model=_text(environ, "SER_MODEL") or None,
            device=_choice(environ, "SER_DEVICE", DEVICES),
            limits=Limits(
                max_bytes=_count(environ, "SER_MAX_BYTES", default.max_bytes),
                max_seconds=_seconds(environ, "SER_MAX_SECONDS", default.max_seconds),
                max_channels=_count(environ, "SER_MAX_CHANNELS", default.max_channels),
            ),
        )


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
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise SettingsError(variable, text, "a whole number above zero")
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
