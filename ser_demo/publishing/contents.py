"""What is published: of a folder only the files named here, whatever else lies in it."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

import ser_demo
from ser_demo.errors import SerError, first_line
from ser_demo.settings import EMBEDDED

WEIGHTS = "model.safetensors"
WEIGHT_SHARDS = "model-*-of-*.safetensors"  # how transformers divides a large network, with an index beside them
PREPROCESSOR = "preprocessor_config.json"
CHECKPOINT = (
    "README.md", "config.json", PREPROCESSOR, WEIGHTS, f"{WEIGHTS}.index.json", WEIGHT_SHARDS,
    "training.json", "calibration.json", "evaluation.json", "evaluation.html", "curves.png",
)  # fmt: skip
AUDIO_CLASSIFIERS = ("ForAudioClassification", "ForSequenceClassification")  # wav2vec 2.0 and its kin say the second

SPACE = ("app.py", "requirements.txt", "README.md", "LICENSE")
SPACE_FOLDERS = ("ser_demo", "examples", "assets")
PACKAGE = Path(ser_demo.__file__).parent

Files = dict[str, Path]  # by the path that a file gets in the repository


def checkpoint_files(folder: Path) -> Files:
    """The files of a checkpoint that others need, and its code where it has any.

    Raises:
        SerError: the folder is not a complete audio-classification checkpoint.
    """
    if not folder.is_dir():
        raise SerError(f"{folder}: there is no such folder. Give the folder of a checkpoint, such as finetune writes.")
    config, preprocessor = _read_json(folder / "config.json"), _read_json(folder / PREPROCESSOR)
    _check_config(folder, config, preprocessor)
    found = {path.name: path for pattern in CHECKPOINT for path in folder.glob(pattern)}
    for name in sorted(found):
        if name.endswith(".safetensors"):
            _check_weights(found[name])
    if missing := sorted(_weight_files(found) - set(found)):
        raise SerError(f"{folder}: has no {missing[0]}. Only safetensors weights are published, and all of them.")
    code = {f"{name}.py" for part in (config, preprocessor) for name in _code_modules(part)}
    return found | {name: folder / name for name in code if (folder / name).is_file()}


def is_of_checkpoint(path: str) -> bool:
    """Whether a file of a repository is one that `checkpoint_files` could have put there."""
    return any(Path(path).match(pattern) for pattern in CHECKPOINT) and "/" not in path


def space_files() -> Files:
    """The demo as a Space runs it: the page, the package with the embedded model, and the examples.

    Raises:
        SerError: ser_demo is installed without the files around it.
    """
    root = PACKAGE.parent
    if missing := [name for name in SPACE if not (root / name).is_file()]:
        raise SerError(
            f"a Space needs {', '.join(missing)} beside the package ser_demo, which an installed package does not "
            "have. Run this command in a clone of SER Demo's repository."
        )
    inside = [path for name in SPACE_FOLDERS for path in sorted((root / name).rglob("*")) if path.is_file()]
    paths = [
        *(root / name for name in SPACE),
        *(path for path in inside if not path.is_relative_to(EMBEDDED)),
        *checkpoint_files(EMBEDDED).values(),
    ]
    files = {path.relative_to(root).as_posix(): path for path in paths}
    return {name: path for name, path in files.items() if not _is_hidden(name)}


def is_of_space(path: str) -> bool:
    """Whether a file of a repository is one that `space_files` could have put there; only the package is all ours."""
    return path.startswith("ser_demo/")


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.split("/"))


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SerError(f"{file.parent}: has no {file.name}, so it is no checkpoint that transformers loads.") from error
    except (OSError, ValueError) as error:
        raise SerError(f"{file}: cannot be read ({first_line(error)}).") from error


def _check_config(folder: Path, config: dict[str, Any], preprocessor: dict[str, Any]) -> None:
    architectures = config.get("architectures") or ["an unnamed network"]
    if not architectures[0].endswith(AUDIO_CLASSIFIERS) or "feature_extractor_type" not in preprocessor:
        raise SerError(f"{folder}: is {architectures[0]}, not an audio-classification checkpoint.")
    if len(config.get("id2label", {})) < 2:
        raise SerError(f"{folder}: its config.json does not name the emotions (id2label).")


def _check_weights(file: Path) -> None:
    try:
        with safe_open(file, framework="numpy") as weights:
            weights.keys()
    except (OSError, SafetensorError) as error:
        raise SerError(f"{file}: is damaged ({error}).") from error


def _weight_files(found: Files) -> set[str]:
    """What transformers would load: a single file where there is one, else those that an index names."""
    index = found.get(f"{WEIGHTS}.index.json")
    if WEIGHTS in found or index is None:
        return {WEIGHTS}
    return set(_read_json(index).get("weight_map", {}).values()) or {WEIGHTS}


def _code_modules(part: dict[str, Any]) -> set[str]:
    """The modules beside the checkpoint that `auto_map` names ("modeling_x.Class"), not those of other repositories."""
    return {name.split(".")[0] for name in part.get("auto_map", {}).values() if "--" not in name}
