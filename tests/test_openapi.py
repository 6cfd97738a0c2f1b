"""Requests made from the OpenAPI description, also such as it forbids: each answer is one that it describes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from conftest import SMALL
from service_server import serving

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")  # its pytest plugin does not know this pytest

# Not that every described request is accepted: a file is described as bytes, and few bytes are a recording.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


def test_every_answer_is_as_described(recognizer, tmp_path):
    with serving(recognizer, replace(SMALL, state_dir=tmp_path)) as address:
        command = [SCHEMATHESIS, "run", f"{address}/openapi.json", "--max-examples", "20", "--seed", "1"]
        command += ["--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--no-color"]
        command += ["--suppress-health-check", "all"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
