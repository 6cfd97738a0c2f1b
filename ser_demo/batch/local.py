"""One recording after the other, in this process."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ser_demo.audio import open_isolated
from ser_demo.batch.engine import CheckStop
from ser_demo.errors import AudioError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.result import Model, Result


class Local:
    """This process as an `Engine`.

    Args:
        checkpoint: as `EmotionRecognizer` takes it.

    Raises:
        ModelError, SettingsError: as `EmotionRecognizer` does.
    """

    def __init__(self, checkpoint: str | None) -> None:
        self._recognizer = EmotionRecognizer(checkpoint, open_audio=open_isolated)  # no file can end the whole run

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def model(self) -> Model:
        return self._recognizer.model

    @property
    def labels(self) -> list[str]:
        return self._recognizer.labels

    def recognize(
        self, folder: Path, recordings: Sequence[str], check_stop: CheckStop
    ) -> Iterator[tuple[str, Result | AudioError]]:
        for recording in recordings:
            answer: Result | AudioError
            try:
                answer = self._recognizer.recognize(folder / recording, progress=lambda *_: check_stop())
            except AudioError as error:
                answer = error
            yield recording, answer
