"""Settings come from the environment, and a bad value is named."""

from pathlib import Path

import pytest

from ser_demo.api import open_backend
from ser_demo.errors import SerError, SettingsError
from ser_demo.settings import Limits, Settings

WHOLE = "a whole number above zero, of at most 15 digits"
RATE = "a number of requests and a time, such as 600/minute"


def test_an_empty_environment_gives_the_defaults():
    settings = Settings.from_environment({})
    assert settings == Settings(model=None, device="auto", limits=Limits(2 * 1024**3, 14400.0, 8))


def test_every_variable_is_read():
    settings = Settings.from_environment(
        {
            "SER_MODEL": "org/name",
            "SER_MODELS": " embedded, org/other ,,",
            "SER_DEVICE": "CUDA",
            "SER_MAX_BYTES": "1000",
            "SER_MAX_SECONDS": " 12.5 ",
            "SER_MAX_CHANNELS": "2",
            "SER_STATE_DIR": "/srv/ser",
            "SER_QUEUE": "redis://host:6379/0",
            "SER_RESULT_TTL": "60",
            "SER_MAX_WAITING": "5",
            "SER_WORKERS": "3",
            "SER_API_KEYS": "one, two,",
            "SER_RATE_LIMIT": "10/second",
            "SER_MCP": "True",
        }
    )
    assert settings == Settings(
        model="org/name",
        models=("embedded", "org/other"),
        device="cuda",
        limits=Limits(1000, 12.5, 2),
        state_dir=Path("/srv/ser"),
        queue="redis://host:6379/0",
        result_ttl=60.0,
        max_waiting=5,
        workers=3,
        api_keys=("one", "two"),
        rate_limit="10/second",
        mcp=True,
    )


def test_blank_means_unset():
    models = ["SER_MODEL", "SER_MODELS", "SER_DEVICE", "SER_MAX_BYTES", "SER_MAX_SECONDS", "SER_MAX_CHANNELS"]
    tasks = ["SER_STATE_DIR", "SER_QUEUE", "SER_RESULT_TTL", "SER_MAX_WAITING", "SER_WORKERS"]
    names = [*models, *tasks, "SER_API_KEYS", "SER_RATE_LIMIT", "SER_MCP"]
    assert Settings.from_environment(dict.fromkeys(names, " ")) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("SER_DEVICE", "gpu", "one of auto, cpu, cuda, mps"),
        ("SER_MAX_BYTES", "2GB", WHOLE),
        ("SER_MAX_BYTES", "0", WHOLE),
        ("SER_MAX_BYTES", "1_000", WHOLE),
        ("SER_MAX_CHANNELS", "-1", WHOLE),
        ("SER_MAX_CHANNELS", "1.5", WHOLE),
        ("SER_MAX_SECONDS", "long", "a number of seconds above zero"),
        ("SER_MAX_SECONDS", "nan", "a number of seconds above zero"),
        ("SER_MAX_SECONDS", "inf", "a number of seconds above zero"),
        ("SER_MAX_SECONDS", "0", "a number of seconds above zero"),
        ("SER_QUEUE", "localhost:6379", "the address of Redis, such as redis://host:6379/0"),
        ("SER_QUEUE", "reds://host/0", "the address of Redis, such as redis://host:6379/0"),
        ("SER_MAX_WAITING", "99999999999999999999", WHOLE),
        ("SER_MAX_BYTES", "9" * 5000, WHOLE),
        ("SER_STATE_DIR", "~nosuchuser/x", "a folder on this machine that can be written"),
        ("SER_API_KEYS", ",", "comma-separated keys, or leave it blank for an open server"),
        ("SER_RATE_LIMIT", "often", RATE),
        ("SER_RATE_LIMIT", "0/minute", RATE),
        ("SER_RATE_LIMIT", "10/0minute", RATE),
        ("SER_RATE_LIMIT", "10/minute; 2/second", RATE),
        ("SER_MCP", "yes", "one of false, true"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(variable, value, allowed):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: value})
    assert isinstance(caught.value, SerError)
    assert str(caught.value) == f"{variable}: {value!r} is not allowed. Give {allowed}."


@pytest.mark.parametrize("name", ["recordings", "servers"])
def test_a_state_folder_with_a_file_where_a_folder_belongs_is_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(SettingsError, match=f"SER_STATE_DIR: '{tmp_path}' is not allowed"):
        open_backend(Settings(state_dir=tmp_path))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("reds://:geheim@host/0", "reds://host/0"),
        ("reds://user:ge@heim@host/0", "reds://host/0"),
        (":geheim@host:6379", "host:6379"),
        ("reds://host/0?password=geheim", "reds://host/0"),
    ],
)
def test_a_password_is_not_shown(value, shown):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"SER_QUEUE": value})
    assert f"SER_QUEUE: {shown!r} is not allowed" in str(caught.value) and "heim" not in repr(caught.value)
