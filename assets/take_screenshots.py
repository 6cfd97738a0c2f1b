"""Takes the README's pictures: `python assets/take_screenshots.py` (requirements-dev.txt and Debian's chromium)."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

PICTURES = {
    "page.png": {"viewport": {"width": 1440, "height": 1180}, "color_scheme": "light"},
    "page_dark.png": {"viewport": {"width": 1440, "height": 1180}, "color_scheme": "dark"},
    "page_phone.png": {"viewport": {"width": 390, "height": 1180}, "color_scheme": "light", "device_scale_factor": 2},
}


def main() -> None:
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
        for name, options in PICTURES.items():
            visit = browser.new_page(**options)
            visit.goto(f"{address}?example=call_two_channels.flac")
            wave = visit.locator(".ser-wave")
            wave.locator("[part~=block]").first.wait_for()
            wave.press("End")
            for _ in range(2):  # to where the customer is angry
                wave.press("ArrowLeft")
            visit.evaluate("document.activeElement.blur()")
            visit.mouse.move(0, 0)
            if options["viewport"]["width"] < 500:
                visit.locator(".ser-cards").evaluate("element => element.scrollIntoView()")
            visit.screenshot(path=HERE / name)
            visit.close()
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
