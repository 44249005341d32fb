"""The explorer's page in a real browser: it loads, sliders move charts, reset brings them back, a saved file runs."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara", reason="the extra explore is not installed")
webdriver = pytest.importorskip("selenium.webdriver", reason="the extra test is not installed")

from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

from blocade import Result, api  # noqa: E402
from blocade.charts.findings import finding, spread  # noqa: E402
from blocade.charts.panels import per_draw  # noqa: E402
from blocade.claims import SMALLEST  # noqa: E402
from blocade.cli import main  # noqa: E402
from blocade.dashboard.setting import EXPLORED, TWIN  # noqa: E402

BROWSER, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no chromium with its chromedriver on this machine"
)
PATIENCE = 60
FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync", "disable-dev-shm-usage", "window-size=1400,1600",
)  # fmt: skip
FEW = """extends: isolate-russia-north-korea
title: Few draws, for a test
draws: 3
end: 2027
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the explorer is started, with a scenario."""
    path = tmp_path_factory.mktemp("explorer")
    (path / "few.yaml").write_text(FEW, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of a running explorer."""
    command = [sys.executable, "-m", "blocade", "explore", "few.yaml", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stderr is not None
        said = server.stdout.readline()
        found = re.match(r"(http://localhost:\d+/)   Ctrl-C ends it", said)
        assert found, said + server.stderr.read()
        yield found[1]
        server.send_signal(signal.SIGINT)
        assert (server.wait(timeout=PATIENCE), server.stderr.read()) == (0, "")


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """A headless browser."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield browser
    browser.quit()


class Screen:
    """The page, as whoever looks at it finds things."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def wait(self, until: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _: until())

    def one(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def chart(self, name: str) -> tuple[str, str]:
        """The alternative text and the picture of a chart."""
        found = self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, f"img.blocade-{name}"))[0]
        return found.get_attribute("alt"), found.get_attribute("src")

    def slider(self, label: str, place: int = 0) -> Any:
        """The handle of a slider whose label begins like that."""
        path = f"//div[contains(@class, 'v-input__slider')][.//label[starts-with(., '{label}')]]//*[@role='slider']"
        return self.wait(lambda: self.driver.find_elements(By.XPATH, path)[place:])[0]

    def switch(self, label: str) -> Any:
        path = f"//div[contains(@class, 'v-input')][.//label[starts-with(., '{label}')]]//input"
        return self.wait(lambda: self.driver.find_elements(By.XPATH, path))[0]

    def shown(self, path: str) -> Any:
        """The first thing at a path that can be seen: what unfolds is in the page before it can be clicked."""
        return self.wait(lambda: [one for one in self.driver.find_elements(By.XPATH, path) if one.is_displayed()])[0]

    def section(self, title: str) -> None:
        """Unfold a section."""
        self.shown(f"//button[contains(@class, 'v-expansion-panel-header')][contains(., '{title}')]").click()


@pytest.fixture
def screen(driver: Any, address: str) -> Iterator[Screen]:
    """The page as it is when it is opened; whatever a test does, the console has no error and no foreign address."""
    driver.get_log("browser")
    driver.get(address)
    screen = Screen(driver)
    screen.slider("severity")  # the controls come last
    yield screen
    entries = driver.get_log("browser")
    assert [entry["message"] for entry in entries if entry["level"] == "SEVERE"] == []
    fetched = driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in fetched if not name.startswith((address, address.replace("http", "ws")))] == []


def test_the_page_loads_with_its_charts(screen: Screen) -> None:
    for name in ("bond", "network", "alignment"):
        said, picture = screen.chart(name)
        assert "olicy" in said and picture.startswith("data:image/png")
    wide = "return [...document.querySelectorAll('img')].map(image => image.naturalWidth)"
    screen.wait(lambda: min(screen.driver.execute_script(wide)) > 500)


def test_a_slider_changes_the_charts_and_reset_brings_the_run_back(screen: Screen) -> None:
    first = {name: screen.chart(name) for name in ("bond", "network", "alignment")}
    screen.slider("severity").send_keys(Keys.HOME)
    for name, picture in first.items():
        screen.wait(lambda name=name, picture=picture: screen.chart(name)[1] != picture[1])  # type: ignore[misc]
    screen.one(".blocade-reset").click()
    for name, picture in first.items():
        screen.wait(lambda name=name, picture=picture: screen.chart(name) == picture)  # type: ignore[misc]


def test_a_force_can_be_switched_off(screen: Screen) -> None:
    first = screen.chart("bond")[1]
    screen.section("Mechanisms")
    screen.driver.execute_script("arguments[0].click()", screen.switch("match"))
    screen.wait(lambda: screen.chart("bond")[1] != first)


def test_ties_are_played_from_the_start(screen: Screen) -> None:
    screen.one(".blocade-play").click()
    months = ["2022-01"]
    screen.wait(lambda: screen.chart("network")[0].startswith(months[0]))
    for _ in range(3):
        screen.wait(lambda: screen.chart("network")[0].split(":")[0] not in months)
        months.append(screen.chart("network")[0].split(":")[0])
    assert months == sorted(months)


def test_what_cannot_be_run_is_said_and_the_charts_stay(screen: Screen) -> None:
    first = screen.chart("bond")
    screen.slider("until").send_keys(Keys.HOME)  # the war would end before it begins
    warned = screen.wait(lambda: screen.driver.find_elements(By.CSS_SELECTOR, ".v-alert"))
    assert "until" in warned[0].text
    assert screen.chart("bond") == first


def test_a_world_without_one_of_the_states_is_a_mistake_and_no_end(screen: Screen) -> None:
    screen.section("World and roles")
    screen.shown("//div[contains(@class, 'v-select')][.//label[starts-with(., 'World')]]//div[@role='button']").click()
    screen.shown("//div[@role='option'][contains(., '1991')]").click()
    screen.wait(lambda: 'unknown state or group "UKR"' in screen.one("body").text)
    screen.one(".blocade-reset").click()
    screen.wait(lambda: "UKR" not in screen.one("body").text)


def test_a_saved_setting_is_what_blocade_run_takes(
    screen: Screen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = screen.chart("bond")
    screen.slider("severity").send_keys(Keys.HOME)
    screen.wait(lambda: screen.chart("bond")[1] != first[1])
    said = screen.chart("bond")[0]
    screen.one(".blocade-save").click()
    screen.wait(lambda: "blocade run my-setting.yaml" in screen.one("body").text)
    screen.one(".blocade-save").click()
    screen.wait(lambda: "there is a file of this name" in screen.one("body").text)
    monkeypatch.chdir(folder)
    scenario = api.read(Path("my-setting.yaml"))
    assert [arm.name for arm in scenario.arms] == [TWIN, EXPLORED]
    assert [event.level for event in scenario.arms[1].events if event.kind == "sanctions"] == [0.0]
    assert main(["run", "my-setting.yaml", "--quiet"]) == 0
    result = Result("results/my-setting")
    effect = per_draw(result, "cohesion", EXPLORED) - per_draw(result, "cohesion", TWIN)
    assert said == finding("The policy", "the North Korea–Russia tie", spread(effect, SMALLEST), SMALLEST)
