"""Sends a checkpoint, or the demo itself, to the Hugging Face Hub: one commit of named files."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx2
from huggingface_hub import CommitOperation, CommitOperationAdd, CommitOperationDelete, HfApi, RepoUrl
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import get_session, validate_repo_id

import ser_demo
from ser_demo.errors import SerError
from ser_demo.publishing.contents import (
    Files,
    checkpoint_files,
    is_of_checkpoint,
    is_of_space,
    space_files,
)
from ser_demo.publishing.failures import FAILURES, explain
from ser_demo.publishing.licence import check_may_be_shared
from ser_demo.publishing.records import read_records
from ser_demo.settings import EMBEDDED

# Seconds. The client itself would wait for ever; a commit of a large network takes the Hub minutes.
TIMEOUT = httpx2.Timeout(600, connect=20)


def push_model(folder: Path | None, repo_id: str, private: bool = False) -> RepoUrl:
    """Publishes the checkpoint in `folder`, None for the embedded one; a card is written where there is none.

    Args:
        folder: as `finetune` or `save_pretrained` leaves it. Nothing but the checkpoint's own files is sent.
        repo_id: "owner/name", or "name" for the token's owner. What of an older checkpoint is there is replaced.
        private: only the owner sees the repository.

    Returns:
        Its address, a string with the attribute `repo_id`.

    Raises:
        SerError: the folder is no checkpoint, a corpus that trained it forbids to share it and `private` is not set, or
            the Hub did not take it; the text says how to go on.
    """
    command = " ".join(["publish model", *([] if folder is None else [shlex.quote(str(folder))])])
    folder = folder or EMBEDDED
    check_repo_id(repo_id)
    files = checkpoint_files(folder)
    if not private:
        check_may_be_shared(read_records(folder).corpora)
    if "README.md" not in files:
        from ser_demo.publishing.card import write_card

        write_card(folder)
        files["README.md"] = folder / "README.md"
    safe = f"The model is safe in {folder}; publish it later with"
    return _push(files, repo_id, "model", private, is_of_checkpoint, f"{safe}: {_again(command, repo_id, private)}")


def push_space(repo_id: str, private: bool = False) -> RepoUrl:
    """Publishes the demo as a Gradio Space; arguments, result and errors are those of `push_model`.

    Raises:
        SerError: also where ser_demo does not lie in a clone of its repository.
    """
    check_repo_id(repo_id)
    files = space_files()
    again = f"Publish it later with: {_again('publish space', repo_id, private)}"
    return _push(files, repo_id, "space", private, is_of_space, again)


def check_repo_id(repo_id: str) -> None:
    """Tells whether the Hub could have a repository of this name, without asking it.

    Raises:
        SerError: it could not.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise SerError(
            f"{repo_id!r} cannot be the name of a repository. Give OWNER/NAME out of letters, digits, '-', '_' and "
            "'.', such as anna/my-model."
        ) from error


def _again(command: str, repo_id: str, private: bool) -> str:
    return f"python -m ser_demo {command} {repo_id}{' --private' if private else ''}"


def _push(
    files: Files,
    repo_id: str,
    kind: Literal["model", "space"],
    private: bool,
    is_ours: Callable[[str], bool],
    how_to_go_on: str,
) -> RepoUrl:
    """One commit after which the repository holds `files`, and no others of those that `is_ours` names."""
    api = HfApi(token=True, library_name="ser_demo", library_version=ser_demo.__version__)
    get_session().timeout = TIMEOUT
    try:
        url = api.create_repo(
            repo_id,
            repo_type=kind,
            private=private or None,  # the owner's own default, not "public"
            exist_ok=True,
            space_sdk="gradio" if kind == "space" else None,
        )
        if private and not api.repo_info(url.repo_id, repo_type=kind).private:
            raise SerError(
                f"{url} is there already and is public. Make it private on its settings page first. {how_to_go_on}"
            )
        there = api.list_repo_files(url.repo_id, repo_type=kind)
        gone = [path for path in there if is_ours(path) and path not in files]
        operations: list[CommitOperation] = [
            *(CommitOperationAdd(name, path) for name, path in files.items()),
            *(CommitOperationDelete(path) for path in gone),
        ]
        message = f"Upload {'SER Demo' if kind == 'space' else 'the model'} with ser_demo {ser_demo.__version__}"
        api.create_commit(url.repo_id, operations, commit_message=message, repo_type=kind)
    except FAILURES as error:
        raise SerError(f"{explain(error)} {how_to_go_on}") from error
    return url
