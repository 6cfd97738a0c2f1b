"""The architecture: each module imports only what lies below it, and the embedded network imports nothing of ours."""

import ast
from pathlib import Path

import pytest

import ser_demo

PACKAGE = Path(ser_demo.__file__).parent
BOTTOM_TO_TOP = [
    "errors", "labels", "upload_folder", "reports", "settings", "audio", "selection", "acoustics", "speech", "noise",
    "windows", "result", "doubt",
    "whisper", "registration", "classifier", "live", "recognizer", "batch", "models", "transmission", "corpora",
    "evaluation", "training", "publishing", "api", "ui", "cli",
]  # fmt: skip
MODULES = [path for path in PACKAGE.rglob("*.py") if "checkpoint" not in path.parts and path.parent != PACKAGE.parent]


def imported(path: Path) -> set[str]:
    """The parts of ser_demo that a module imports, at its top or inside its functions."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return {str(node.module).split(".")[1] for node in nodes if str(node.module).startswith("ser_demo.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own in ("__init__", "__main__"):
        return
    level = BOTTOM_TO_TOP.index(own)
    assert {part for part in imported(path) if BOTTOM_TO_TOP.index(part) > level} == set()


def test_page_service_and_shell_never_reach_into_the_model() -> None:
    for path in [path for part in ("ui", "api", "cli") for path in (PACKAGE / part).rglob("*.py")]:
        assert not imported(path) & {"whisper", "classifier", "speech", "windows"}
