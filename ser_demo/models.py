"""The checkpoints that one server offers: all are checked when it starts, each is loaded when it is first needed."""

import threading
from collections import Counter
from pathlib import Path

from ser_demo.classifier import check_checkpoint, checkpoint_file, checkpoint_name
from ser_demo.errors import SettingsError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import EMBEDDED_NAME, Settings


class Models:
    """What visitors may choose from; the first answers them unless they do.

    Args:
        settings: whose `models` are offered besides the first.
        first: the model that is loaded already, `settings.model`.

    Raises:
        ModelError: there is no such checkpoint, or it is none for audio classification.
        SettingsError: two have the same name.
    """

    def __init__(self, settings: Settings, first: EmotionRecognizer):
        others = [None if name == EMBEDDED_NAME else name for name in settings.models]
        checkpoints = list(dict.fromkeys([settings.model, *others]))
        names = [checkpoint_name(checkpoint) for checkpoint in checkpoints]
        if doubles := [name for name, count in Counter(names).items() if count > 1]:
            raise SettingsError("SER_MODELS", ",".join(settings.models), f"only one model called {doubles[0]!r}")
        for checkpoint in checkpoints[1:]:
            check_checkpoint(checkpoint)
        self._first = first
        self._checkpoints = dict(zip(names, checkpoints, strict=True))
        self._loaded = {names[0]: first}
        self._locks = {name: threading.Lock() for name in names}  # loading one keeps nobody from another

    @property
    def names(self) -> list[str]:
        """What people call them: the Hub id, or a folder's own name."""
        return list(self._checkpoints)

    def recognizer(self, name: str) -> EmotionRecognizer:
        """The model of this name, loaded now if it was not yet.

        Raises:
            KeyError: there is none of this name.
            ModelError: its weights cannot be used.
        """
        checkpoint = self._checkpoints[name]
        with self._locks[name]:
            if name not in self._loaded:
                self._loaded[name] = self._first.with_model(checkpoint)
            return self._loaded[name]

    def file(self, name: str, file: str) -> Path | None:
        """A file that lies beside the weights, such as its card; None where there is none or none can be had.

        Raises:
            KeyError: there is no model of this name.
        """
        return checkpoint_file(self._checkpoints[name], file)
