"""SER Demo hears how people feel when they speak.

    from ser_demo import EmotionRecognizer
    result = EmotionRecognizer().recognize("call.wav")
    result.channels[0].emotion

Importing this package is cheap: torch and transformers are loaded when they are first needed. It also makes the
embedded network known to transformers, so that `pipeline("audio-classification", model="ser_demo/checkpoint")` works.
"""

from typing import TYPE_CHECKING

from ser_demo.errors import AudioError, SerError
from ser_demo.registration import register_when_transformers_loads

if TYPE_CHECKING:
    from ser_demo.recognizer import EmotionRecognizer
    from ser_demo.result import Channel, FailedResult, Result, Segment

__version__ = "0.1.0"
__all__ = ["AudioError", "Channel", "EmotionRecognizer", "FailedResult", "Result", "Segment", "SerError"]

register_when_transformers_loads()


def __getattr__(name: str) -> object:
    """Loads the recogniser on first use (PEP 562)."""
    if name == "EmotionRecognizer":
        from ser_demo.recognizer import EmotionRecognizer

        return EmotionRecognizer
    if name in __all__:
        from ser_demo import result

        return getattr(result, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
