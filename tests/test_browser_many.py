"""The tab "Many recordings" in a real browser: piles of files, some of them broken, and folders."""

import csv
import itertools
import json
import re
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import CHROMIUM, analyse_all, slow_down, visit
from conftest import SMALL
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page, Route, expect
from recordings import EXAMPLES, at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.speech import SAMPLE_RATE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """A folder of 30 recordings, 3 of them broken, and of something else."""
    for number in range(30):
        if number % 10 == 4:
            (tmp_path / f"{number:02} broken.wav").write_text("no audio at all " * 100)
        else:
            shutil.copy(
                EXAMPLES / ("sad_voice.flac", "neutral_news.m4a")[number % 2], tmp_path / f"{number:02} fine.mp3"
            )
    (tmp_path / "notes.txt").write_text("Call them back.")
    return tmp_path


def save(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def answers_in(archive: Path) -> dict[str, dict]:
    with zipfile.ZipFile(archive) as files:
        return {name.removesuffix(".json"): json.loads(files.read(name)) for name in files.namelist()}


def test_a_pile_with_broken_ones_fills_the_table_and_can_be_saved(
    page: Page, pile: Path, recognizer: EmotionRecognizer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (pile / "30 large.wav").write_bytes(bytes(SMALL.limits.max_bytes + 1))
    (pile / "31 lost.wav").write_text("The connection breaks while this is sent.")
    sent = itertools.count(1)
    page.route(re.compile("/upload"), lambda route: route.abort() if next(sent) == 31 else route.continue_())
    analyse_all(page, pile, 32)
    expect(page.locator("[data-many=state]")).to_contain_text("2 of them did not reach the server")
    rows = page.locator(".ser-many-table tbody tr")
    expect(page.locator(".ser-many-progress")).to_contain_text("32 of 32 done · 5 failed", timeout=30_000)
    expect(rows).to_have_count(32)
    expect(rows.nth(4)).to_contain_text("It is not an audio file")
    expect(rows.nth(30)).to_contain_text("30 large.wav It is larger than this server takes", use_inner_text=True)
    expect(rows.nth(31)).to_contain_text("31 lost.wav It could not be sent", use_inner_text=True)
    expect(page.locator(".ser-many-summary")).to_contain_text("Main emotion of 27 voices")
    probability = page.get_by_role("button", name="Probability")
    probability.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Probability")
    shown = [float(text.split()[0]) for text in page.locator("tbody td:nth-child(4)").all_inner_texts() if text]
    assert len(shown) == 27 and shown == sorted(shown, reverse=True)
    expect(rows.last).to_contain_text("could not be sent")
    probability.click()
    expect(rows.last).to_contain_text("could not be sent")  # what has no value comes last either way
    folder = tmp_path_factory.mktemp("saved")
    found = answers_in(save(page, "ZIP", folder))
    given = {f"{pile.name}/{path.name}" for kind in ("*.mp3", "*.wav") for path in pile.glob(kind)}
    assert set(found) == given
    assert found[f"{pile.name}/00 fine.mp3"] == recognizer.recognize(EXAMPLES / "sad_voice.flac").to_dict()
    failed = [f"{n} broken.wav" for n in ("04", "14", "24")] + ["30 large.wav", "31 lost.wav"]
    assert [Path(name).name for name, answer in found.items() if "error" in answer] == failed
    with open(save(page, "CSV", folder)) as file:
        assert {row["file"] for row in csv.DictReader(file)} == {name for name in given if "fine" in name}
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-many-progress")).to_contain_text("32 von 32 fertig · 5 fehlgeschlagen")
    expect(page.locator(".ser-many-table")).to_contain_text("keine Tondatei")


def test_a_pile_is_started_only_when_the_server_knows_of_it(page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile("/run/predict"), lambda route: held.append(route))
    page.get_by_role("tab", name="Many recordings").click()
    page.locator("[data-many=files]").set_input_files([EXAMPLES / "sad_voice.flac"])
    expect(page.locator("[data-many=state]")).to_contain_text("1 chosen.")
    start = page.locator("#ser-many-start")
    expect(start).to_have_attribute("inert", "")
    for route in held:
        route.continue_()
    start.click()
    expect(page.locator(".ser-many-progress")).to_contain_text("1 of 1 done")


def test_what_is_removed_at_once_is_not_analysed(page: Page) -> None:
    slow_down(page, 700)
    page.get_by_role("tab", name="Many recordings").click()
    page.locator("[data-many=files]").set_input_files(
        [EXAMPLES / "sad_voice.flac", EXAMPLES / "call_two_channels.flac"]
    )
    expect(page.locator("[data-many=state]")).to_contain_text("2 chosen.")
    page.get_by_role("button", name="Remove all").click()
    page.locator("[data-many=files]").set_input_files([EXAMPLES / "neutral_news.m4a"])
    expect(page.locator("[data-many=state]")).to_contain_text("1 chosen.")
    page.get_by_role("button", name="Analyse all").click()
    expect(page.locator(".ser-many-progress")).to_contain_text("1 of 1 done")
    expect(page.locator(".ser-many-table tbody tr")).to_contain_text(["neutral_news.m4a"])


def test_a_server_that_says_nothing_of_a_pile_locks_it_for_seconds_only(page: Page) -> None:
    page.route(re.compile("/run/predict"), lambda route: None)
    page.get_by_role("tab", name="Many recordings").click()
    page.locator("[data-many=files]").set_input_files([EXAMPLES / "sad_voice.flac"])
    expect(page.locator("#ser-many-start")).to_have_attribute("inert", "")
    expect(page.locator("#ser-many-start[inert]")).to_have_count(0)


def minutes(folder: Path, count: int) -> list[Path]:
    """So many recordings of nearly a minute, which take a while to analyse."""
    minute = np.tile(np.concatenate(at_16_khz("call_two_channels.flac")), 2)[: 58 * SAMPLE_RATE]
    paths = [folder / f"{number:02}.wav" for number in range(count)]
    for path in paths:
        soundfile.write(path, minute, SAMPLE_RATE, subtype="PCM_16")
    return paths


def test_a_pile_that_is_stopped_keeps_what_is_done_and_others_are_answered_meanwhile(
    page: Page, page_address: str, tmp_path: Path
) -> None:
    analyse_all(page, minutes(tmp_path, 16), 16)
    expect(page.locator(".ser-many-table tbody tr").nth(1)).to_be_visible(timeout=15_000)
    answer = Client(page_address, verbose=False).predict(
        handle_file(str(EXAMPLES / "sad_voice.flac")), api_name="/recognize"
    )
    assert answer["channels"][0]["scores"]
    page.get_by_role("button", name="Stop, and keep what is done").click()
    progress = page.locator(".ser-many-progress")
    expect(progress).to_contain_text("are done and kept")
    done = int(re.search(r"Stopped: (\d+) of 16", progress.inner_text()).group(1))
    assert 2 <= done < 16
    assert len(answers_in(save(page, "ZIP", tmp_path))) == done
    with page.expect_event("dialog") as asked:  # whether to throw the pile away
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(page.get_by_role("button", name="Analyse all")).to_be_enabled()


def test_a_folder_can_be_dropped_with_the_mouse(page: Page, tmp_path: Path) -> None:
    below = tmp_path / "calls" / "monday"
    below.mkdir(parents=True)
    for number in range(3):
        shutil.copy(EXAMPLES / "sad_voice.flac", below / f"{number}.flac")
    (tmp_path / "calls" / "notes.txt").write_text("Call them back.")
    page.get_by_role("tab", name="Many recordings").click()
    box = page.locator(".ser-drop").bounding_box()
    dragged = {
        "x": box["x"] + 20,
        "y": box["y"] + 20,
        "data": {"items": [], "files": [str(tmp_path / "calls")], "dragOperationsMask": 1},
    }
    devtools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": step, **dragged})
    expect(page.locator("[data-many=state]")).to_have_text("3 chosen.")


def test_a_file_that_may_not_be_read_costs_no_other_that_is_dropped_with_it(page: Page) -> None:
    page.get_by_role("tab", name="Many recordings").click()
    page.evaluate(
        """() => {
          const event = new Event("drop", { bubbles: true });
          const item = (file) => ({ webkitGetAsEntry: () => ({ isFile: true, fullPath: "/call.flac", file }) });
          const items = [
            item((done, failed) => failed(new DOMException("", "NotReadableError"))),
            item((done) => done(new File(["sound"], "call.flac", { type: "audio/flac" }))),
          ];
          Object.defineProperty(event, "dataTransfer", { value: { items } });
          document.querySelector(".ser-drop").dispatchEvent(event);
        }"""
    )
    expect(page.locator("[data-many=state]")).to_have_text("1 chosen.")


def piles() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "pile"]


def test_a_tab_that_is_closed_in_the_middle_of_a_pile_stops_it(
    browser: Browser, page_address: str, tmp_path: Path
) -> None:
    with visit(browser, page_address) as page:
        analyse_all(page, minutes(tmp_path, 40), 40)
        expect(page.locator(".ser-many-table tbody tr").first).to_be_visible()
        (pile,) = piles()
    pile.join(8)  # seconds; all of it would take longer
    assert not pile.is_alive()
