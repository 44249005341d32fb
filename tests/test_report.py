"""Reports: what they say is what the result says, whoever reads them, and nothing is fetched."""

import csv
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fake_result import fake_result

from blocade import report, resources
from blocade.charts import CHARTS, SHOWS, chart
from blocade.charts.style import save
from blocade.cli import main
from blocade.report import content
from blocade.result import Result
from blocade.scenario.words import event_told, group

VOID = {"meta", "img", "br", "link", "input"}
WHITE = 1.0


@dataclass
class Page(HTMLParser):
    """A page taken apart: open elements, headings, images, tables, addresses, words."""

    open: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    tables: list[dict[str, int]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src", "action", "data")]
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        elif tag == "img":
            self.images.append(given)
        elif tag == "table":
            self.tables.append({"caption": 0, "col": 0, "row": 0, "tr": 0})
        elif tag in ("caption", "tr"):
            self.tables[-1][tag] += 1
        elif tag == "th":
            self.tables[-1][given["scope"] or ""] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


@pytest.fixture
def result(tmp_path: Path) -> Result:
    made = fake_result(
        tmp_path / "made", {"base": [0.0] * 60, "press": [0.1] * 60, "relief": [-0.1] * 60}, war=("press",)
    )
    (made.folder / "charts").mkdir()
    for name in ("difference", "verdicts"):
        save(chart(name)(made), made.folder / "charts" / f"{name}.png")
    return made


def changed(result: Result, **settings: object) -> Result:
    """The same result under other settings of its scenario."""
    path = result.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["inputs"]["scenario"] |= settings
    manifest["title"] = settings.get("title", manifest["title"])
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return Result(result.folder)


def test_a_report_holds_together(result: Result) -> None:
    """Elements close in order, one main heading, no level of headings skipped, every link leads somewhere on it."""
    page = read(report.report(result))
    assert page.open == []
    assert page.headings[0] == "h1"
    assert set(page.headings[1:]) == {"h2"}
    assert len(set(page.ids)) == len(page.ids)
    links = {address.removeprefix("#") for address in page.addresses if address.startswith("#")}
    assert links <= set(page.ids)


def test_nothing_is_fetched(result: Result) -> None:
    html = report.report(result)
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in read(html).addresses)
    assert "@import" not in html
    assert "url(" not in html
    assert "<script" not in html
    assert "default-src 'none'" in html


def test_tables_have_captions_and_headers(result: Result) -> None:
    for table in read(report.report(result)).tables:
        assert table["caption"] == 1
        assert table["col"] >= 2
        assert table["row"] == table["tr"] - 1 > 0


def test_the_picture_of_a_chart_says_what_the_chart_finds(result: Result) -> None:
    page = read(report.report(result))
    titles = [
        " ".join(next(text for text in chart(name)(result).texts if text.get_gid() == "title").get_text().split())
        for name in ("verdicts", "difference")
    ]
    assert [image["alt"] for image in page.images] == titles
    assert all(int(image["width"] or 0) > 500 for image in page.images)


def test_every_chart_has_words_on_what_to_see() -> None:
    assert set(SHOWS) == set(CHARTS)


def test_a_title_is_text_not_markup(result: Result) -> None:
    html = report.report(changed(result, title="<script>alert(1)</script> & <b>", why="<img src=x onerror=y>"))
    assert "<script>" not in html
    assert "<img src=x" not in html
    assert "<script>alert(1)</script> & <b>" in read(html).text


def row(**settings: object) -> dict[str, object]:
    """A verdict on a rise."""
    return {
        "label": "It rises", "unit": "tie", "n": 200, "estimate": 0.1, "low": -0.02, "high": 0.3, "s": 0.05,
        "share": 0.95, "down": 0.01, "verdict": "supported", "drivers": [], "settled": "",
    } | settings  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "“It rises” holds"),
        ("reversed", "“It rises” is reversed"),
        ("negligible", "“It rises” is negligible"),
        ("conditional", "“It rises” depends on parameters"),
    ],
)
def test_the_answer_is_two_sentences_with_its_uncertainty(verdict: str, said: str) -> None:
    first, second = content.answer([row(verdict=verdict)])
    assert said in first
    assert "over 200 parameter sets is +0.10 (tie; the claim expects a rise)" in first
    assert "between −0.02 and +0.30" in first
    assert "above +0.05 in 95 % of the sets and below −0.05 in 1 %" in second
    assert all(sentence.count(". ") == 0 and sentence.endswith(".") for sentence in (first, second))


def test_the_answer_names_what_it_hangs_on_if_that_is_strong() -> None:
    strong, weak = ({"parameter": "mu", "rho": -0.6}, {"parameter": "g", "rho": 0.01})
    assert "hangs most on loss of the surplus" in content.answer([row(drivers=[strong, weak])])[1]
    assert "hangs" not in content.answer([row(drivers=[weak])])[1]
    assert "hangs" not in content.answer([row(drivers=[strong], verdict="negligible")])[1]


def test_an_answer_without_numbers_says_so() -> None:
    assert "Nothing was asked" in content.answer([])[0]
    assert "is not answered" in content.answer([row(n=0, estimate=None, verdict="not answered")])[0]


def test_a_settled_sign_is_explained_once(result: Result) -> None:
    told = content.settled([row(settled="b is positive"), row(label="Again", settled="b is positive")])
    assert told[1:] == ["“It rises”, “Again”: b is positive."]
    assert content.settled([row()]) == []
    assert content.verdicts([row(settled="x")], "").rows[0][-1] == "supported †"


def test_history_is_told_as_the_documents_tell_it() -> None:
    """seeds/history/judged.csv and docs/validation.md come from one command."""
    document = Path(__file__).parents[1] / "docs" / "validation.md"
    if not document.is_file():
        pytest.skip("the documents are not here (an installed package)")
    text = document.read_text(encoding="utf-8")
    judged = content.judgements()
    until = judged["until-2013"]
    told = f"**{len(until.missed)} of {until.patterns} patterns are missed** by the posterior of 2013; of the "
    told += f"{until.unseen} that it has not seen, {until.unseen_missed} are."
    assert told in text
    assert f"{len(judged['until-2021'].missed)} of {judged['until-2021'].patterns} are missed" in text
    with (resources.seeds() / "history" / content.JUDGED).open(encoding="utf-8", newline="") as file:
        for pattern in csv.DictReader(file):
            assert f"| {pattern['label']} |" in text


@pytest.mark.parametrize(
    ("posterior", "said"),
    [
        ("prior", "come from the published ranges"),
        ("until-2021", "Under the posterior until-2021 the model misses"),
        ("mine", "The posterior mine has not been held against history"),
    ],
)
def test_history_judges_the_posterior_of_the_run(result: Result, posterior: str, said: str) -> None:
    assert said in content.judgement(changed(result, posterior=posterior))[0]


def test_an_event_is_told_in_words(result: Result) -> None:
    event = {
        "kind": "sanctions", "at": 2022.25, "by": ["DDD", "EEE"], "on": ["AAA", "BBB"], "level": 0.8, "until": None,
        "ramp_until": 2023.5,
    }  # fmt: skip
    assert event_told(event, result.scenario, result.manifest["names"]) == (
        "sanctions by the senders on the bloc, from 2022-04, level 0.8, ramp until 2023-07"
    )
    war = {"kind": "war", "on": ["AAA"], "at": 2022.0, "until": 2024.0, "limited": True}
    assert event_told(war, result.scenario, result.manifest["names"]) == (
        "war on Aland, from 2022-01 until 2024-01, limited yes"
    )


def test_a_lever_is_told_by_its_range(result: Result) -> None:
    use = {"low": 2022.0, "high": 2025.25, "dated": True, "uses": [["press", 0, "at"]]}
    rows = content.arms(changed(result, levers={"onset": use})).rows
    assert rows[1] == ("press", "war on Aland, from onset (2022-01 … 2025-04) until 2024-01")
    assert rows[0] == ("base (baseline)", "nothing beyond what was in force")


@pytest.mark.parametrize(("year", "told"), [(2022.0, "2022-01"), (2022.25, "2022-04"), (2022 + 11 / 12, "2022-12")])
def test_months(year: float, told: str) -> None:
    assert content.month(year) == told


def test_a_long_group_is_counted(result: Result) -> None:
    many = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"]
    assert group(many, result.scenario, result.manifest["names"]).endswith("Efland and 2 more")


def test_grey_text_is_dark_enough() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 against white."""
    css = (Path(report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    for name in ("ink", "soft", "blue"):
        code = re.search(rf"--{name}: #([0-9a-f]+)", css)[1]
        code = "".join(2 * one for one in code) if len(code) == 3 else code
        parts = [int(code[k : k + 2], 16) / 255 for k in (0, 2, 4)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        dark = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert (WHITE + 0.05) / (dark + 0.05) >= 4.5


def test_a_notebook_shows_the_answer_and_the_verdicts(result: Result) -> None:
    page = read(result._repr_html_())
    assert page.open == []
    assert "“press raises cohesion” holds" in page.text
    assert len(page.tables) == 1
    assert page.images == []
    assert str(result.folder / "report.html") in page.text


# --- the command ---------------------------------------------------------------------------------------------------


def test_one_report_is_written_into_its_folder(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    path = result.folder / "report.html"
    for _ in range(2):  # ours is replaced
        assert main(["report", str(result.folder)]) == 0
        assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text(encoding="utf-8") == report.report(result)


def test_several_results_stand_side_by_side(result: Result, tmp_path: Path) -> None:
    other = fake_result(tmp_path / "other", {"base": [0.0] * 60, "press": [-0.2] * 60})
    out = tmp_path / "pages" / "both.html"
    assert main(["report", str(result.folder), str(other.folder), "--out", str(out), "--quiet"]) == 0
    page = read(out.read_text(encoding="utf-8"))
    assert page.headings == ["h1", "h2", "h2", "h2"]
    assert "1. made" in page.text
    assert "+0.10 [+0.10, +0.10] supported −0.20 [−0.20, −0.20] reversed" in page.text
    assert len(page.images) == 2


def test_settings_that_differ_are_told(result: Result, tmp_path: Path) -> None:
    other = changed(fake_result(tmp_path / "other", {"base": [0.0] * 60, "press": [0.1] * 60}, bloc=("AAA",)), seed=9)
    table = content.apart([changed(result, seed=7, parameters={"g": [0.1, 0.2], "mu": 0.5}), other])
    assert table.rows == [
        ("bloc", "Aland, Beland", "Aland"),
        ("arms", "base; press; relief", "base; press"),
        ("parameters that are set", "g 0.1 … 0.2, mu 0.5", "none"),
        ("seed", "7", "9"),
    ]
    assert content.apart([result, result]).rows == []


def test_a_file_of_the_users_is_not_replaced(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    path = result.folder / "report.html"
    path.write_text("mine", encoding="utf-8")
    assert main(["report", str(result.folder)]) == 2
    assert capsys.readouterr().err == f"{path}: is a file of yours; move it or choose another with --out\n"
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_folder_is_no_page(result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(result.folder), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: is a folder; name a file with --out\n"


def test_a_folder_without_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no finished blocade results" in capsys.readouterr().err


def test_a_broken_picture_is_named(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    path = result.folder / "charts" / "verdicts.png"
    path.write_bytes(b"no picture")
    assert main(["report", str(result.folder)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}: is no image that can be read")
