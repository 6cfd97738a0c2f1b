"""What the page costs a visitor: first paint, until it can be used, weight, and how much moves, printed as a table.

    python benchmarks/page.py              # needs requirements-dev.txt and Debian's package chromium

Browser and server share the machine, and the connection is its own: compare rows of one run.
"""

import argparse
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

DEVICES: dict[str, dict[str, Any]] = {
    "desktop, 1440 px": {"viewport": {"width": 1440, "height": 900}, "slower": 1},
    "phone, 390 px, processor 4 times slower": {"viewport": {"width": 390, "height": 844}, "slower": 4},
}
WATCH_MOVES = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def visit(browser: Any, address: str, viewport: dict[str, int], slower: int) -> dict[str, float]:
    """One visit with an empty cache: milliseconds, kilobytes as sent, requests, and the sum of layout shifts."""
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.add_init_script(WATCH_MOVES)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"] / 1024))
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("#ser-analyse:not([disabled])").wait_for()
    usable = 1000 * (time.perf_counter() - start)
    page.wait_for_load_state("load")
    weight, requests = sum(received), len(received)
    start = time.perf_counter()
    page.get_by_role("button", name="Phone call, two channels").click()
    page.locator(".ser-wave [part~=block]").first.wait_for()
    found = {
        "first paint ms": page.evaluate(PAINT),
        "usable ms": usable,
        "kB": weight,
        "requests": requests,
        "example to time line ms": 1000 * (time.perf_counter() - start),
        "kB with it": sum(received),
        "layout shift": page.evaluate("window.moved"),
    }
    context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="visits per row, of which the median is given")
    options = parser.parse_args()

    from playwright.sync_api import sync_playwright

    from ser_demo import EmotionRecognizer
    from ser_demo.settings import Settings
    from ser_demo.ui import build_page, launch

    settings = Settings()
    page = build_page(EmotionRecognizer(settings=settings), settings)
    address = launch(page, settings)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        visit(browser, address, **DEVICES["desktop, 1440 px"])  # warms the server
        for number, (device, shape) in enumerate(DEVICES.items()):
            visits = [visit(browser, address, **shape) for _ in range(options.repeats)]
            median = {key: statistics.median(each[key] for each in visits) for key in visits[0]}
            if number == 0:
                print("| | " + " | ".join(median) + " |\n|---" + "|---" * len(median) + "|")
            cells = (f"{value:.2f}" if key == "layout shift" else f"{value:.0f}" for key, value in median.items())
            print(f"| {device} | " + " | ".join(cells) + " |")
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
