"""The files for running the service elsewhere name what there is: paths, commands, settings."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import free_port

from ser_demo import cli
from ser_demo.api import worker_process, workers
from ser_demo.cli.serve import VARIABLES
from ser_demo.settings import Settings

ROOT = Path(__file__).parent.parent
COMMANDS = {command.__name__.rpartition(".")[2] for command in cli.COMMANDS}


def copied_into_the_image() -> list[str]:
    text = (ROOT / "Dockerfile").read_text()
    return [name for line in re.findall(r"^COPY (.+) \S+$", text, re.M) for name in line.split()]


def test_the_image_is_made_of_files_that_there_are():
    text = (ROOT / "Dockerfile").read_text()
    copied = copied_into_the_image()
    assert "ser_demo" in copied and all((ROOT / name).exists() for name in copied)
    (command,) = re.findall(r'^CMD \["(\w+)"\]$', text, re.M)
    assert command in COMMANDS


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "deployment/ser-demo.service"])
def test_only_settings_that_there_are(name):
    used = set(re.findall(r"\bSER_[A-Z_]+", (ROOT / name).read_text()))
    assert used and used <= set(re.findall(r"\bSER_[A-Z_]+", VARIABLES))


def test_the_builder_is_sent_what_the_image_takes_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines and sent == set(copied_into_the_image())


def test_the_image_is_healthy_when_the_server_is(page_address):
    (check,) = re.findall(r'HEALTHCHECK .*?CMD \["python", "-c", "(.*?)"\]', (ROOT / "Dockerfile").read_text(), re.S)
    here = check.replace("http://127.0.0.1:7860/", page_address)
    nowhere = check.replace(":7860/", f":{free_port()}/")
    codes = [
        subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode for code in (here, nowhere)
    ]
    assert here != check and codes == [0, 1]


@pytest.mark.parametrize("name", ["server", "worker"])
def test_the_commands_of_compose_take_its_settings(name):
    """As Settings reads them, with what a shell's environment leaves empty."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]
    environment = {key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for key, value in service["environment"].items()}
    settings = Settings.from_environment(environment)
    assert settings.queue == "redis://redis:6379/0" and settings.limits.max_bytes == 100 * 1024**2
    assert settings.rate_limit is None and settings.api_keys == ()
    parser = argparse.ArgumentParser()
    cli.serve.add_parser(commands := parser.add_subparsers(dest="command"))
    cli.work.add_parser(commands)
    assert parser.parse_args(service.get("command", ["serve"])).command == {"server": "serve", "worker": "work"}[name]


def test_compose_runs_a_server_redis_and_two_workers():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"server", "worker", "redis"}
    assert services["worker"]["deploy"]["replicas"] == 2 and services["worker"]["command"][0] in COMMANDS
    assert services["server"]["environment"]["SER_QUEUE"] == services["worker"]["environment"]["SER_QUEUE"]
    redis = " ".join(services["redis"]["command"])
    assert "--appendonly yes --appendfsync always" in redis and "noeviction" in redis


def test_whoever_stops_a_server_leaves_it_the_time_it_may_need():
    left = [re.findall(r"--stop-timeout (\d+)", (ROOT / name).read_text()) for name in ("README.md", "Dockerfile")]
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    left += [re.findall(r"\d+", services[name]["stop_grace_period"]) for name in ("server", "worker")]
    left += [re.findall(r"^TimeoutStopSec=(\d+)$", (ROOT / "deployment" / "ser-demo.service").read_text(), re.M)]
    assert left == [["30"]] * 5
    assert workers.STOP_SECONDS + worker_process.LEAVE_SECONDS < 30


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_its_unit(tmp_path):
    unit = (ROOT / "deployment" / "ser-demo.service").read_text()
    path = tmp_path / "ser-demo.service"
    path.write_text(unit.replace("/opt/ser-demo/.venv/bin/python", "/bin/true"))  # which must exist
    checked = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True)
    assert checked.returncode == 0 and "ser-demo.service:" not in checked.stderr
