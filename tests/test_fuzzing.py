"""The search for files that break the decoding, for some seconds: benchmarks/README.md has the long one."""

import importlib.util
import subprocess
import sys

import pytest
from recordings import EXAMPLES

ROOT = EXAMPLES.parent
RUNS = 2000


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="there is no atheris for this Python")
def test_no_file_made_from_the_examples_breaks_the_decoding(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz_decoding.py"), str(tmp_path / "corpus")]
    # No bound on memory here: what libFuzzer reads as its own largest use is that of the tests that started it.
    options = [f"-runs={RUNS}", "-seed=1", "-timeout=60", "-rss_limit_mb=0", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and f"Done {RUNS} runs" in done.stderr, done.stderr[-3000:]
    assert len(list((tmp_path / "corpus").iterdir())) > 4  # files that reached new code beside the examples
