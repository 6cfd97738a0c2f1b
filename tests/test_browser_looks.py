"""How the page looks and what assistive technology finds in it: phone and desktop, light and dark."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import CHROMIUM, DESKTOP, PHONE, findings, upload, visit
from playwright.sync_api import Browser, Page, expect
from service_server import wait_for

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_fits_and_is_accessible(browser: Browser, page_address: str, scheme: str, size: dict) -> None:
    options = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
    with visit(browser, page_address, **options) as page:

        def check() -> None:
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert findings(page) == []

        check()
        page.get_by_role("button", name="Phone call, two channels").click()
        expect(page.locator(".ser-wave [part~=block]").first).to_be_visible()
        page.get_by_text("Time line as a table").click()
        check()
        for tab, there in (("Sound", ".ser-picture"), ("Save", ".ser-exports a")):
            if page.get_by_role("tab", name=tab).count():
                page.get_by_role("tab", name=tab).click()
            else:  # a phone has no room for every tab
                page.locator("#ser-more .overflow-menu > button").click()
                page.locator("#ser-more .overflow-dropdown button").filter(has_text=tab).click()
            expect(page.locator(there).first).to_be_visible()
            check()


def test_nothing_lies_over_the_title_of_the_narrowest_page(browser: Browser, page_address: str) -> None:
    # What remains of 1280 pixels at 400 % (WCAG 1.4.10).
    with visit(browser, page_address, viewport={"width": 320, "height": 256}) as page:
        is_seen = """(title) => {
          const letters = new Range();
          letters.selectNodeContents(title);
          const { right, top, bottom } = letters.getBoundingClientRect();
          return document.elementFromPoint(right - 2, (top + bottom) / 2) === title;
        }"""
        assert page.locator(".ser-header h1").evaluate(is_seen)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_whole_way_can_be_gone_with_the_keyboard(browser: Browser, page_address: str) -> None:
    with visit(browser, page_address, viewport=DESKTOP) as page:
        reached = set()
        for _ in range(14):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.innerText?.trim() || document.activeElement.ariaLabel"))
            if page.evaluate("document.activeElement.innerText") == "Phone call, two channels":
                break
        assert {"Deutsch", "Analyse", "Phone call, two channels"} <= reached
        page.keyboard.press("Enter")
        expect(page.locator(".ser-card")).to_have_count(2)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_moves_while_the_page_loads_and_a_recording_is_analysed(
    browser: Browser, page_address: str, size: dict
) -> None:
    with visit(browser, page_address, viewport=size) as page:
        page.evaluate(
            "() => { window.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
            " if (!entry.hadRecentInput) window.moved += entry.value; })"
            ".observe({type: 'layout-shift', buffered: true}); }"
        )
        page.get_by_role("button", name="Phone call, two channels").click()
        expect(page.locator(".ser-wave [part~=block]").first).to_be_visible()
        assert page.evaluate("window.moved") < 0.1  # what Lighthouse calls good


# Where the times on the axis begin and end, and the axis itself, in pixels.
TIMES = """() => {
  const axis = document.querySelector(".ser-wave > div").shadowRoot.querySelector("[part=timeline]");
  const places = [...axis.children].filter((notch) => notch.textContent).map((notch) => {
    const range = document.createRange();
    range.selectNodeContents(notch);
    return range.getBoundingClientRect();
  });
  return [axis.getBoundingClientRect(), ...places].map((box) => [box.left, box.right]);
}"""


# Of 30.2 s the last time would be cut; of 25.4 s, on a phone, there is no room before its notch either.
@pytest.mark.parametrize("seconds", [29.0, 30.2, 25.4])
def test_no_time_on_the_axis_is_cut_or_written_over_another(page: Page, tmp_path: Path, seconds: float) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(int(seconds * 8000)), 8000)
    upload(page, tmp_path / "silence.wav")
    page.locator("#ser-analyse").click()
    expect(page.locator(".ser-wave canvas").first).to_be_visible()
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        page.wait_for_timeout(500)  # the time line is drawn anew
        wait_for(lambda: in_order(*page.evaluate(TIMES)), 10)


def in_order(axis: list[float], *times: list[float]) -> bool:
    edges = [axis[0], *(edge for time in times for edge in time), axis[1]]
    return len(times) > 2 and edges == sorted(edges)
