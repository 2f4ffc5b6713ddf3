"""The page: valid, complete, of its own, in both languages, whatever state the run is in."""

import base64
import html
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import html5lib
import pytest

from autodagger.files import write_text
from autodagger.report.page import write_report
from autodagger.results.layout import Results
from tests.autodagger.report.helpers import HOSTILE, IDS, SKIPPED, list_milestones, make_run

LINK = re.compile(r'\s(?:src|href|poster|action|data)="([^"]*)"')


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return make_run(tmp_path)


def write(results: Results, embed: bool = False) -> list[str]:
    pages = write_report(results, "Game <1>", list_milestones(), SKIPPED, embed)
    assert [page.name for page in pages] == ["index.html", "index.ko.html"]
    return [page.read_text(encoding="utf-8") for page in pages]


def check(page: str) -> None:
    """Valid HTML, ids that are unique and there, no script, and nothing from elsewhere."""
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    links = [html.unescape(link) for link in LINK.findall(page)]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert [link for link in links if re.match(r"(?!data:)[a-z]+:|//", link)] == []
    assert re.findall(r"<script|\son\w+=|javascript:|@import|https?://", page) == []
    for picture in re.findall(r"<img[^>]*>", page):
        assert re.search(r'alt="[^"]+"', picture)
    for video in re.findall(r"<video[^>]*>", page):
        assert re.search(r'aria-label="[^"]+"', video)


def get_row(page: str, name: str) -> str:
    """A milestone's row of the table, without tags."""
    [row] = re.findall(rf'<tr>\n<th scope="row"><a href="#m-{name}">.*?</tr>', page, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", row)).split())


def get_card(page: str, name: str) -> str:
    [card] = re.findall(rf'<h3 id="m-{name}">.*?\n</details>\n(?=<details|</section>)', page, re.S)
    return card


def test_both_pages_are_valid_and_of_their_own(results: Results) -> None:
    for page in write(results):
        check(page)
        assert HOSTILE not in page
        assert html.escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page


def test_each_status_has_its_reason_and_the_next_step(results: Results) -> None:
    page, korean = write(results)
    assert "✓ completed 100 % (40 % to 90 %) 100 % (40 % to 90 %) 66" in get_row(page, "DONE")
    assert "✓ completed" in get_row(page, "WEAK")
    assert "55 % (40 % to 90 %)" in get_row(page, "WEAK")
    assert "✗ failed" in get_row(page, "BROKEN")
    assert "No expert file. Write the expert, or name" in get_row(page, "BROKEN")
    assert "▶ running" in get_row(page, "RUNNING")
    assert "student iter 3/10" in get_row(page, "RUNNING")
    assert "» skipped" in get_row(page, "LEFT_OUT")
    assert "In the skip list. Take it out of skip_milestones" in get_row(page, "LEFT_OUT")
    assert "… waiting" in get_row(page, "LATER")
    assert "✗ failed" in get_row(page, "CRASHED")
    assert "Rule train_student stopped unexpectedly. Look at the log" in get_row(page, "CRASHED")
    assert str(results.log("train_student", "CRASHED")) in get_card(page, "CRASHED")
    assert "건너뛰기 목록에 있음. 만들려면" in get_row(korean, "LEFT_OUT")
    assert "2 of 7 milestones" in page and "milestone 7개 중 2개" in korean


def test_a_run_that_is_finished_is_not_called_unfinished(results: Results) -> None:
    assert "not finished" in write(results)[0]
    milestones = [one for one in list_milestones() if one.id in ("DONE", "WEAK", "BROKEN")]
    [page, _] = write_report(results, "Game", milestones, {})
    assert "The run is not finished" not in page.read_text()


def test_a_card_says_what_was_asked_and_how_it_went(results: Results) -> None:
    card = get_card(write(results)[0], "DONE")
    assert "<code>a &lt; `3` &amp;&amp; b == &#39;&lt;b&gt;&#39;</code>" in card
    assert "90 steps" in card and "12 steps" in card
    assert "0.987" in card and "5 / 10" in card
    assert card.count("<svg") == 1
    cells = re.findall(r'<td class="number (\w+)">([\d,]+)</td>', card)
    assert cells == [("same", "20"), ("other", "20"), ("none", "0"), ("none", "0")]
    assert "61.2" in card and "3.5" in card


def test_videos_stand_side_by_side_and_are_there(results: Results) -> None:
    page = write(results)[0]
    videos = re.findall(r'<video[^>]*src="([^"#]*)#t=0.1"', page)
    assert len(videos) == 2 * 4 + 1
    for video in videos:
        assert (results.report / unquote(video)).is_file()
    names = [Path(video).name for video in videos if "WEAK" in video]
    assert [name.split("_steps")[0] for name in names] == [
        "expert_eval_ep1_success",
        "student_eval_ep1_success",
        "expert_eval_ep2_fail",
        "student_eval_ep2_fail",
    ]


def test_one_file_holds_all(results: Results, tmp_path: Path) -> None:
    page = write(results, embed=True)[0]
    check(page)
    data = base64.b64encode(b"video").decode()
    assert page.count(f'src="data:video/mp4;base64,{data}"') == 9
    picture = base64.b64encode(b"picture").decode()
    assert page.count(f'src="data:image/png;base64,{picture}"') == 2


def test_the_diagnosis_is_told_and_one_of_another_student_is_not(results: Results) -> None:
    page, korean = write(results)
    assert "the student presses left, the expert &lt;b&gt;." in get_card(page, "WEAK")
    assert "student는 left, expert는 &lt;b&gt;." in get_card(korean, "WEAK")
    assert "autodagger explain" not in page
    text = results.diagnosis("WEAK").read_text()
    digest = re.findall(r'"model_sha256": "(\w+)"', text)[0]
    write_text(results.diagnosis("WEAK"), text.replace(digest, "0" * 64))
    card = get_card(write(results)[0], "WEAK")
    assert "presses left" not in card
    assert "autodagger explain WEAK" in card


def test_the_agents_runs_are_told(results: Results) -> None:
    page = write(results)[0]
    assert "8 of 10 whole runs from power-on reach WEAK (80 %; 95 %: 40 % to 90 %)" in page
    assert (
        "finish 9, and the students, switched by a judge who reads the game&#39;s memory, 7" in page
    )
    assert "The game goes on: BROKEN has no student" in page


def test_nothing_to_show_is_a_page_too(tmp_path: Path) -> None:
    for page in write(Results(tmp_path / "nothing")):
        check(page)
        assert all(name in page for name in IDS)


def put_folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "another kind": lambda path: write_text(path, '{"iterations": 3, "s": "\\n"}'),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a folder": put_folder_in_its_place,
}


FILES = (
    "expert_eval/DONE/expert_eval.json",
    "models/DONE/training.json",
    "student_eval/DONE/student_eval.json",
    "student_eval/DONE/trajectories.json",
    "benchmarks/train_student/DONE.tsv",
    "rows/DONE.json",
    "diagnosis/WEAK/diagnosis.json",
    "agent/full_run.json",
    "pipeline_results.json",
)


@pytest.mark.parametrize(
    ("file", "damage"),
    [*((file, "another kind") for file in FILES), *((FILES[1], damage) for damage in DAMAGES)],
)
def test_a_damaged_file_is_named_and_costs_its_own_part_alone(
    results: Results, file: str, damage: str
) -> None:
    DAMAGES[damage](results.folder / file)
    for page in write(results):
        check(page)
        assert all(get_row(page, name) for name in IDS)
        if file not in ("pipeline_results.json", "student_eval/DONE/student_eval.json"):
            assert Path(file).name in html.unescape(page)


def test_results_that_moved_have_links_that_hold(results: Results, tmp_path: Path) -> None:
    page = write(results)[0]
    moved = shutil.move(results.folder, tmp_path / "elsewhere")
    for link in re.findall(r'<(?:video|img)[^>]*src="([^"#]*)', page):
        assert (Path(moved) / "report" / unquote(link)).is_file()
