"""Which work of a visitor goes on: what is stopped, and what another recording has overtaken."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from ser_demo import SerError
from ser_demo.ui import running as module
from ser_demo.ui.running import Overtaken, Running, Stopped, Unanswered


def visitor(name: str, language: str = "en") -> Any:
    return SimpleNamespace(session_hash=name, headers={}, query_params={"lang": language})


@pytest.fixture
def running() -> Running:
    page: Any = SimpleNamespace(is_running=True)
    return Running(page)


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.0)


def test_a_stop_ends_what_this_visitor_does_and_nothing_else(running: Running) -> None:
    mine, other = running.begin(visitor("a")), running.begin(visitor("b"))
    running.stop(visitor("a"))
    with pytest.raises(Stopped):
        mine.check()
    other.check()
    assert other.goes_on and not mine.goes_on


@pytest.mark.parametrize("chosen", ["another.wav", None])
def test_work_on_a_recording_that_is_no_longer_chosen_is_never_shown(running: Running, chosen: str | None) -> None:
    run = running.begin(visitor("a"), "call.wav")
    run.check()
    running.choose(chosen, visitor("a"))
    for ask in (run.check, run.finish):
        with pytest.raises(Overtaken):
            ask()


def test_the_word_that_a_recording_was_chosen_may_come_late(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 30.0)
    running.choose("before.wav", visitor("a"))
    run = running.begin(visitor("a"), "call.wav")
    run.check()
    running.choose("call.wav", visitor("a"))
    run.finish()


def test_the_word_may_be_as_late_as_a_bad_line_makes_it(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    running.choose("before.wav", visitor("a"))
    run = running.begin(visitor("a"), "call.wav")
    later = time.monotonic() + 5
    monkeypatch.setattr(time, "monotonic", lambda: later)
    run.check()


def test_another_choice_after_the_recording_needs_no_grace(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 3600.0)
    running.choose("call.wav", visitor("a"))
    known = running.begin(visitor("a"), "call.wav")
    running.choose(None, visitor("a"))
    late = running.begin(visitor("b"), "call.wav")
    for file in ("call.wav", "another.wav"):
        running.choose(file, visitor("b"))
    for run in (known, late):
        for ask in (run.check, run.finish):
            with pytest.raises(Overtaken):
                ask()


def test_new_work_overtakes_what_the_visitor_did_before_and_its_end_leaves_the_new_alone(running: Running) -> None:
    old = running.begin(visitor("a"), "call.wav")
    new = running.begin(visitor("a"), "call.wav")
    with pytest.raises(Overtaken):
        old.finish()
    running.end(visitor("a"), old)
    running.stop(visitor("a"))
    assert new.is_stopped


@pytest.mark.parametrize(
    ("error", "said"),
    [(Stopped(), "Stopped."), (SerError("a.wav: it is broken."), "a.wav: it is broken."), (KeyError(), "Sorry, ")],
)
def test_work_without_an_answer_says_why(running: Running, error: Exception, said: str) -> None:
    with pytest.raises(Unanswered) as raised, running.work(visitor("a"), "call.wav"):
        raise error
    assert raised.value.texts["en"].startswith(said)
    assert running._runs == {}


def test_work_ends_with_the_page(running: Running) -> None:
    with pytest.raises(Unanswered), running.work(visitor("a"), "call.wav") as run:
        run.check()
        vars(running.page)["is_running"] = False
        run.check()
        pytest.fail("it goes on")


def test_an_answer_comes_in_the_language_that_is_read_in_the_end(running: Running) -> None:
    run = running.begin(visitor("a"))
    assert run.language == "en"
    running.translate(visitor("a", "de"))
    assert run.language == "de"


def test_nothing_is_kept_of_a_visitor_who_has_left(running: Running) -> None:
    run = running.begin(visitor("a"), "call.wav")
    running.choose("call.wav", visitor("a"))
    running.leave(visitor("a"))
    assert run.is_stopped
    running.end(visitor("a"), run)
    assert running._runs == running._chosen == {}
