"""How long after a word the live page shows what it sounded like, in a real browser with a fake microphone.

    python benchmarks/live.py                  # one visitor, for 30 seconds
    python benchmarks/live.py --visitors 4     # four at once, in tabs of their own

Needs Debian's package chromium and playwright (requirements-dev.txt). Each figure is the time from the last sample of a
chunk, which ends the window that is judged, to the frame in which the browser shows the answer. Times depend on the
machine; a chunk is a quarter of a second, for which a sample waits on top.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream",
         "--use-fake-ui-for-media-stream"]  # fmt: skip
PROMISED = 500  # milliseconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=1, help="tabs that listen at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of listening (default: %(default)s)")
    options = parser.parse_args()
    delays = listen(options.visitors, options.seconds)
    print("| visitors | answers | a second, each | median | 95 % below | longest |")
    print("|---|---|---|---|---|---|")
    median, most, longest = np.percentile(delays, [50, 95, 100])
    pace = len(delays) / options.seconds / options.visitors
    row = (options.visitors, len(delays), f"{pace:.1f}", f"{median:.0f} ms", f"{most:.0f} ms", f"{longest:.0f} ms")
    print(f"| {' | '.join(map(str, row))} |")
    return 0 if most < PROMISED else 1


def listen(visitors: int, seconds: float) -> list[float]:
    """Milliseconds from a chunk's end to its answer on the screen, of all visitors."""
    from ser_demo import EmotionRecognizer
    from ser_demo.settings import Settings
    from ser_demo.ui import build_page, launch

    settings = Settings.from_environment()
    page = build_page(EmotionRecognizer(settings=settings), settings)
    address = launch(page, settings)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        voice = Path(folder) / "voice.wav"
        samples, rate = soundfile.read(ROOT / "examples" / "call_two_channels.flac")
        soundfile.write(voice, samples[:, 1], rate, subtype="PCM_16")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS, f"--use-file-for-fake-audio-capture={voice}"]
        )
        tabs = [browser.new_page() for _ in range(visitors)]
        for tab in tabs:
            tab.goto(address)
            tab.get_by_role("tab", name="Live").click()
            tab.locator("[data-live=start]").click()
        tabs[0].wait_for_timeout(1000 * seconds)
        measured = [
            tab.evaluate("performance.getEntriesByName('ser-live').map(entry => entry.duration)") for tab in tabs
        ]
        browser.close()
    page.close(verbose=False)
    return [delay for each in measured for delay in each]


if __name__ == "__main__":
    sys.exit(main())
