#!/usr/bin/env python3
"""How soon the explorer shows its first chart, and how soon a slider moves it, in a fresh headless browser.

    python benchmarks/explorer.py [--times N]

Needs the extra `test`, chromium and chromedriver. Beside each figure stands its ratio to the time in which the same
browser opens a page of one word from a file, which is what the machine itself takes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync", "disable-dev-shm-usage", "window-size=1400,1600",
)  # fmt: skip
BOND = "img.blocade-bond"
SLIDER = "//div[contains(@class, 'v-input__slider')][.//label[starts-with(., 'severity')]]//*[@role='slider']"


def once(address: str, blank: str) -> tuple[float, float, float]:
    """Seconds to a page of one word, to the first chart, and from a key on a slider to the next chart."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        wait = WebDriverWait(driver, 60, poll_frequency=0.02)
        begun = time.perf_counter()
        driver.get(blank)
        word = time.perf_counter() - begun
        begun = time.perf_counter()
        driver.get(address)
        first = wait.until(lambda _: driver.find_elements(By.CSS_SELECTOR, BOND))[0].get_attribute("src")
        plot = time.perf_counter() - begun
        slider = wait.until(lambda _: driver.find_elements(By.XPATH, SLIDER))[0]
        time.sleep(1.0)
        begun = time.perf_counter()
        slider.send_keys(Keys.LEFT)
        wait.until(lambda _: driver.find_element(By.CSS_SELECTOR, BOND).get_attribute("src") != first)
        return word, plot, time.perf_counter() - begun
    finally:
        driver.quit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, metavar="N", help="fresh browsers (default: 5)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        blank = Path(folder) / "blank.html"
        blank.write_text("<p>word</p>", encoding="utf-8")
        command = [sys.executable, "-m", "blocade", "explore", "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            found = re.match(r"(\S+)   Ctrl-C", server.stdout.readline())
            assert found
            taken = [once(found[1], blank.as_uri()) for _ in range(given.times)]
            server.send_signal(signal.SIGINT)
    word, *others = (statistics.median(each) for each in zip(*taken, strict=True))
    for name, seconds in zip(("first chart", "chart after a key on a slider"), others, strict=True):
        print(f"{name}: {seconds:.2f} s, {seconds / word:.0f} times a page of one word ({word:.3f} s)")
    print(f"medians of {given.times} fresh browsers; the slowest first chart took {max(row[1] for row in taken):.2f} s")


if __name__ == "__main__":
    main()
