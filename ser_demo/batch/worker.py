"""What runs on the machines of a cluster: the model, loaded once, and one recording at a time."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from ser_demo.audio import open_isolated
from ser_demo.errors import AudioError, SerError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.result import Model, Result
from ser_demo.settings import Settings


class Worker:
    """A process of the cluster. Errors meant for people are returned, as Ray wraps those that are raised."""

    def __init__(self) -> None:
        # Each decoder's process would import the program that this one runs: Ray, half a second for each recording.
        vars(sys.modules["__main__"]).pop("__file__", None)

    def load(self, settings: Settings, checkpoint: dict[str, bytes] | None) -> tuple[Model, list[str]] | SerError:
        """Loads the model that the settings name, and gives it with its labels.

        `checkpoint` holds its files where it is a folder of the sender's.
        """
        try:
            if settings.model is None or checkpoint is None:
                self._recognizer = EmotionRecognizer(settings=settings, open_audio=open_isolated)
            else:
                with tempfile.TemporaryDirectory() as above:
                    folder = Path(above, Path(settings.model).resolve().name)  # results call the model by this name
                    folder.mkdir()
                    for name, content in checkpoint.items():
                        (folder / name).write_bytes(content)
                    settings = replace(settings, model=str(folder))
                    self._recognizer = EmotionRecognizer(settings=settings, open_audio=open_isolated)
        except SerError as error:
            return error
        return self._recognizer.model, self._recognizer.labels

    def recognize(self, content: bytes, name: str) -> Result | AudioError:
        """The result of the recording that `content` is the file of, or what is wrong with it."""
        try:
            return self._recognizer.recognize(content, name=name)
        except AudioError as error:
            return error
