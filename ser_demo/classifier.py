"""A Hugging Face audio-classification checkpoint as a function from windows of audio to emotion scores."""

import hashlib
import math
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import try_to_load_from_cache
from safetensors import SafetensorError
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING, AutoConfig, pipeline
from transformers.utils import cached_file
from transformers.utils import logging as transformers_logging

from ser_demo import __version__
from ser_demo.audio import Resampler
from ser_demo.errors import SerError, SettingsError, first_line
from ser_demo.labels import canonical_labels
from ser_demo.result import Model, Scores, mean_scores, order_scores
from ser_demo.settings import EMBEDDED
from ser_demo.speech import SAMPLE_RATE

BATCH_SIZE = 16  # windows per call of the network


class ModelError(SerError):
    """A checkpoint cannot be used; the text says which and what to do."""


class Classifier:
    """The pipeline of one checkpoint.

    Args:
        checkpoint: a Hub id, a folder, or None for the embedded model.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        ModelError: there is no such checkpoint, it is not for audio classification, it needs code of its own, or it
            has no safetensors weights, or damaged ones.
        SettingsError: this machine has no such device.
    """

    def __init__(self, checkpoint: str | None, device: str):
        self._pipeline = _load_pipeline(checkpoint or str(EMBEDDED), _choose_device(device))
        config = self._pipeline.model.config
        said = [config.id2label[i] for i in range(config.num_labels)]
        self.labels = canonical_labels([str(label) for label in said])  # some are numbers
        # Ours carry a bound that was measured when they were trained; of other checkpoints nobody knows one.
        self.uncertain_below = float(getattr(config, "uncertain_below", 0.0))
        self._rename = dict(zip(said, self.labels, strict=True))
        self.model = _describe(checkpoint)

    def classify(self, windows: Sequence[np.ndarray]) -> list[Scores]:
        """The scores of each window, (n,) float32 at `SAMPLE_RATE`, in order.

        Whisper's extractor drops what goes beyond its length, so a longer window is heard in equal pieces, whose mean
        is its answer.

        Raises:
            ModelError: what the network gives are no numbers.
        """
        extractor = self._pipeline.feature_extractor
        audio = [_resample(window, extractor.sampling_rate) for window in windows]
        most = getattr(extractor, "n_samples", math.inf)
        pieces = [np.array_split(window, max(1, math.ceil(len(window) / most))) for window in audio]
        scores = iter(self._classify_pieces([piece for of_window in pieces for piece in of_window]))
        return [mean_scores((next(scores), 1.0) for _ in of_window) for of_window in pieces]

    def _classify_pieces(self, audio: list[np.ndarray]) -> list[Scores]:
        """The scores of each piece, at the extractor's rate.

        A network that takes an attention mask gets pieces of any length in one batch; for others padding would change
        the scores, so only pieces of equal length share a batch.
        """
        if getattr(self._pipeline.feature_extractor, "return_attention_mask", False):
            return self._run(audio)
        order = sorted(range(len(audio)), key=lambda i: len(audio[i]))
        scores: dict[int, Scores] = {}
        for _, same in groupby(order, key=lambda i: len(audio[i])):
            indices = list(same)
            scores.update(zip(indices, self._run([audio[i] for i in indices]), strict=True))
        return [scores[i] for i in range(len(audio))]

    def _run(self, audio: list[np.ndarray]) -> list[Scores]:
        outputs = self._pipeline(audio, batch_size=min(BATCH_SIZE, len(audio)), top_k=len(self.labels))
        return [self._scores(output) for output in outputs]

    def _scores(self, output: list[dict[str, Any]]) -> Scores:
        scores = {self._rename[entry["label"]]: float(entry["score"]) for entry in output}
        whole = sum(scores.values())  # of a multi-label network they need not sum to 1
        if not 0 < whole < math.inf:
            raise ModelError(f"the model {self.model.name!r} gives no numbers: its training diverged. Choose another.")
        return order_scores({label: score / whole for label, score in scores.items()})


def _resample(window: np.ndarray, rate: int) -> np.ndarray:
    resampler = Resampler(SAMPLE_RATE, rate, 1)
    return np.concatenate([resampler.feed(window[None]), resampler.flush()], axis=1)[0]


def _choose_device(device: str) -> torch.device:
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    usable = [name for name, is_there in there.items() if is_there]
    if device not in ("auto", *usable):
        raise SettingsError("SER_DEVICE", device, f"what this machine has: auto or {' or '.join(usable)}")
    return torch.device(usable[0] if device == "auto" else device)


def check_checkpoint(checkpoint: str | None) -> None:
    """Looks at a checkpoint's configuration, without its weights; None is the embedded one.

    Raises:
        ModelError: there is no such checkpoint, or it is none for audio classification.
    """
    checkpoint = checkpoint or str(EMBEDDED)
    _check_folder(checkpoint)
    try:
        config = AutoConfig.from_pretrained(checkpoint, trust_remote_code=False)
    except Exception as error:  # whatever transformers stumbles over in somebody's files
        raise _cannot_be_loaded(checkpoint, error) from error
    if type(config) not in MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING:
        raise ModelError(f"the model {_shown(checkpoint)!r} is a {config.model_type}, not for audio classification.")


def checkpoint_name(checkpoint: str | None) -> str:
    """What people call a checkpoint: a Hub id, or a folder's own name; None is the embedded one."""
    return "ser-demo-whisper" if checkpoint is None else _shown(checkpoint)


def checkpoint_file(checkpoint: str | None, file: str) -> Path | None:
    """A file beside a checkpoint's weights; None where there is none, or the Hub cannot be asked for it."""
    try:
        path = cached_file(checkpoint or str(EMBEDDED), file, _raise_exceptions_for_missing_entries=False)
    except OSError:
        return None
    return Path(path) if path else None


def _load_pipeline(checkpoint: str, device: torch.device) -> Any:
    transformers_logging.disable_progress_bar()
    _check_folder(checkpoint)
    try:
        # Code from a checkpoint is never run, and pickled weights, which can carry code, are never opened.
        loaded = pipeline(
            "audio-classification",
            model=checkpoint,
            device=device,
            dtype=torch.float32 if device.type == "cpu" else "auto",  # CPUs take five times as long for half precision
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # as above
        raise _cannot_be_loaded(checkpoint, error) from error
    if loaded.model.config.problem_type == "regression":
        raise ModelError(f"the model {_shown(checkpoint)!r} predicts values, not classes: emotions need classes.")
    return loaded


def _check_folder(checkpoint: str) -> None:
    is_folder_name = checkpoint.startswith((".", "~")) or Path(checkpoint).is_absolute() or checkpoint.count("/") > 1
    if os.path.isfile(checkpoint):  # unlike `Path.is_file` it raises nothing, of no name however long
        raise ModelError(f"the model {Path(checkpoint).name!r} is a file. Name its folder.")
    if is_folder_name and not os.path.isdir(checkpoint):
        raise ModelError(
            f"the model {Path(checkpoint).name!r}: there is no such folder. Check SER_MODEL, SER_MODELS or --model."
        )


def _cannot_be_loaded(checkpoint: str, error: Exception) -> ModelError:
    return ModelError(
        f"the model {_shown(checkpoint)!r} cannot be loaded: {_reason(checkpoint, error)}. "
        "Give the Hub id or the folder of an audio-classification checkpoint with safetensors weights."
    )


def _reason(checkpoint: str, error: Exception) -> str:
    """What is wrong with a checkpoint, without the folders of this machine."""
    if os.path.isdir(checkpoint) and not any(Path(checkpoint).glob("*.safetensors")):
        return "there are no such weights in it"
    if isinstance(error, SafetensorError):
        return "its weights are damaged"
    return first_line(error).partition(" with any of the following classes")[0].replace(checkpoint, _shown(checkpoint))


def _shown(checkpoint: str) -> str:
    """A name without the folders of this machine."""
    return Path(os.path.abspath(checkpoint)).name if os.path.exists(checkpoint) else checkpoint  # also of "."


def _describe(checkpoint: str | None) -> Model:
    """Its name and version: that of this package, the commit of a repository on the Hub, or what a folder holds."""
    name = checkpoint_name(checkpoint)
    if checkpoint is None:
        return Model(name, __version__)
    cached = None if os.path.exists(checkpoint) else try_to_load_from_cache(checkpoint, "config.json")
    return Model(name, Path(cached).parent.name if isinstance(cached, str) else _local_version(Path(checkpoint)))


def _local_version(folder: Path) -> str:
    """By what a folder holds, since two trainings may have folders of one name."""
    digest = hashlib.sha256()
    for path in (folder / "config.json", *sorted(folder.glob("*.safetensors"))):
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return f"local-{digest.hexdigest()[:8]}"
