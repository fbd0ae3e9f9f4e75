"""A results repository becomes a site: whole, linked, readable without its script."""

from __future__ import annotations

import argparse
import json
import runpy
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from sightline.errors import DatasetError, SubmissionError, UsageError
from sightline.leaderboard.site import build, build_command, replacing

_small = runpy.run_path(str(Path(__file__).with_name("site_results.py")))
FIXTURES, run, printed, results = (_small[n] for n in ("FIXTURES", "run", "printed", "results"))
read, rows = _small["read"], _small["rows"]

TABLE = "toy/toy_plain.html"

DASH = "\N{EN DASH}"


@pytest.fixture
def board(monkeypatch):
    """The toy, the only benchmark that is installed."""
    return FIXTURES["register"](monkeypatch)


@pytest.fixture
def site(tmp_path, board):
    """A function: entries -> the built site's folder."""

    def make(*entries, **request):
        folder = results(tmp_path / "results", board, entries)
        build.build(build.Request(folder, **request), tmp_path / "site")
        return tmp_path / "site"

    return make


def some():
    """Three runs, a printed row, people and chance."""
    cells = {"kind": {"moving": cell(25.0), "still": cell(25.0)}}
    return (
        run("lab/one", 60, faults=("the run failed on 1 of 6",)),
        run("lab/two", 59),
        run("lab/three", 40),
        printed("A Model", 50.5, faults=("Its digits do not fit.",)),
        printed("Human", 96, kind="people"),
        printed("Guessing", 25, kind="chance", cells=cells),
    )


def cell(value):
    """A cell that knows its number alone."""
    return {"value": value, "low": None, "high": None, "expected": None, "failure_rate": None}


def pages(folder):
    """Every page of a site."""
    return sorted(folder.rglob("*.html"))


def test_every_link_leads_to_a_file_of_the_site(site):
    """Links are relative, so the site works from any folder; only models lead elsewhere."""
    folder = site(*some())
    seen = 0
    for path in pages(folder):
        page = read(path)
        ids = {one.attributes["id"] for one in page.all() if "id" in one.attributes}
        for one in page.all():
            address = one.attributes.get("href", one.attributes.get("src"))
            if address is None or address.startswith(("data:", "https://huggingface.co/")):
                continue
            parts = urlsplit(address)
            assert (parts.scheme, parts.netloc, parts.path[:1] == "/") == ("", "", False), address
            if not parts.path:
                assert parts.fragment in ids
                continue
            target = (path.parent / unquote(parts.path)).resolve()
            assert target.is_file(), f"{path.name}: {address}"
            assert target.is_relative_to(folder.resolve())
            seen += 1
    assert seen > 50


def test_pages_carry_the_policy_and_nothing_inline(site):
    """What a page would need to break its own policy is not there."""
    for path in pages(site(*some())):
        page = read(path)
        (policy,) = page.all("meta", http_equiv="Content-Security-Policy")
        assert policy.attributes["content"].startswith("default-src 'none'; script-src 'self'")
        for one in page.all():
            assert "style" not in one.attributes
            assert not any(name.startswith("on") for name in one.attributes)
            assert one.tag != "style"
            assert one.tag != "script" or (one.attributes.get("src") and not one.text.strip())


def test_pages_have_what_a_screen_reader_needs(site):
    """Language, landmarks, one heading of the first level, captions, scopes, named regions."""
    for path in pages(site(*some())):
        page = read(path)
        assert page.all("html")[0].attributes["lang"] == "en"
        assert len(page.all("main")) == len(page.all("h1")) == 1
        assert page.all("title")[0].text.split("·")[0].strip()
        assert page.all("a", class_="skip")[0].attributes["href"] == "#content"
        ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
        assert len(ids) == len(set(ids))
        for one in page.all("", class_="scroll"):
            assert one.attributes["tabindex"] == "0"
            assert one.attributes["aria-labelledby"] in ids
        for table in page.all("div", class_="scroll"):
            assert table.all("caption")
            assert all(head.attributes.get("scope") for head in table.all("th"))


def test_every_row_has_a_cell_for_every_column(site, board):
    """Heads stand in two lines, cells in one: none may slip."""
    page = read(site(*some()) / TABLE)
    upper, lower = page.all("thead")[0].all("tr")
    groups = [one for one in upper.all("th") if one.attributes["scope"] == "colgroup"]
    assert sum(int(one.attributes["colspan"]) for one in groups) == len(lower.all("th"))
    columns = len(upper.all("th")) - len(groups) + len(lower.all("th"))
    assert len(lower.all("th")) == sum(len(a.members) for a in board.axes) + len(board.parsers)
    every = [*rows(page).values(), *rows(page, "references").values()]
    assert {len(row.children) for row in every} == {columns}
    # Columns of the other axes wait for the script; the first axis stands without it.
    assert {one.attributes["data-axis"] for one in page.all("th", hidden="")} == {"1"}


def test_models_are_ranked_with_ties_and_references_are_not(site):
    """People and chance stand apart."""
    page = read(site(*some()) / TABLE)
    found = {name: row.all("td")[0].attributes["data-value"] for name, row in rows(page).items()}
    # Nobody knows on how many questions A Model was scored.
    assert found == {"lab/one": "1", "lab/two": "1", "A Model": "", "lab/three": "3"}
    assert "on how many questions it was scored is not known" in rows(page)["A Model"].text
    assert list(rows(page, "references")) == ["Human", "Guessing"]
    assert rows(page, "references")["Human"].all("td")[0].text == DASH


def test_a_row_says_what_it_is_and_what_is_wrong_with_it(site):
    """Kind, access and faults, by words and not by colour."""
    page = read(site(*some()) / TABLE)
    assert "published, not re-run" in rows(page)["A Model"].text
    (faults,) = rows(page)["A Model"].all("details", class_="faults")
    assert "Its digits do not fit." in faults.text
    assert "1 fault of A Model" in faults.all("summary")[0].text
    assert rows(page)["A Model"].attributes["data-access"] == "proprietary"
    assert rows(page)["lab/one"].attributes["data-access"] == "open"


def test_a_partial_run_has_no_rank_and_says_why(site):
    """However good its number is."""
    counts = {"right": 2, "wrong": 1, "unparsed": 0, "missing": 3, "error": 0}
    page = read(site(run("lab/part", 90, counts=counts), run("lab/one", 60)) / TABLE)
    assert list(rows(page)) == ["lab/one", "lab/part"]
    assert rows(page)["lab/one"].all("td")[0].text == "1"
    assert "not ranked: partial run: 3 of 6 questions missing" in rows(page)["lab/part"].text


def test_a_printed_row_of_fewer_questions_has_no_rank(site):
    """It is not about the same split."""
    few = printed("Few", 90, facts={"questions": 4})
    page = read(site(few, run("lab/one", 60)) / TABLE)
    assert "not ranked: scored on 4 of 6 questions" in rows(page)["Few"].text
    assert rows(page)["lab/one"].all("td")[0].text == "1"


def test_the_newest_whole_run_stands_for_a_model_and_not_the_best(site):
    """Who runs ten times is not better for it."""
    counts = {"right": 2, "wrong": 1, "unparsed": 0, "missing": 3, "error": 0}
    best = run("lab/one", 90, run="20260101-000000-00000001")
    newer = run("lab/one", 50, run="20260201-000000-00000002")
    newest = run("lab/one", 70, run="20260301-000000-00000003", counts=counts)
    folder = site(best, newer, newest)
    row = rows(read(folder / TABLE))["lab/one"]
    assert "50.0" in row.text
    assert "newest of 3 runs" in row.text
    model = read(folder / "toy/models/lab__one.html")
    assert [one.all("strong")[0].text for one in model.all("article")] == [
        "70.0 %",
        "50.0 %",
        "90.0 %",
    ]
    assert "not ranked: another run of this model stands in the table" in model.text


def test_a_models_page_has_its_numbers_facts_and_file(site):
    """Slices, outcomes, parsers, manifest, faults, JSON."""
    folder = site(*some())
    page = read(folder / "toy/models/lab__one.html")
    captions = [one.text for one in page.all("caption")]
    assert captions == ["Outcomes", "Parsers: accuracy of the same responses", "Kind", "Size"]
    assert "the run failed on 1 of 6" in page.all("section", class_="warning")[0].text
    assert "model_args.dtype" in page.text
    (entry,) = [one for one in page.all("a") if "download" in one.attributes]
    file = folder / "toy/models" / entry.attributes["href"]
    assert json.loads(file.read_text())["model"] == "lab/one"


def test_a_models_page_shows_slices_that_tables_have_no_columns_for(site):
    """Such as whole sub-benchmarks, whose members stand in tables."""
    more = {**run("lab/one", 60).cells, "sub_benchmark": {"robot <b>": cell(12.5)}}
    page = read(site(run("lab/one", 60, cells=more)) / "toy/models/lab__one.html")
    (table,) = [one for one in page.all("table") if "Sub benchmark" in one.text]
    assert "robot <b>" in table.text
    assert "12.5" in table.text


def test_parsers_and_how_often_they_differ_come_from_the_report(site):
    """As every benchmark's report has it: a share, and one for each two."""
    said = {"share": 12.3, "pairs": {"first/alone": 12.3, "first/third": 45.6}}
    one = run("lab/one", 60)
    one = replace(one, facts={**one.facts, "scores": {"disagreement": said}})
    folder = site(one)
    (differ,) = [
        cell
        for cell in rows(read(folder / TABLE))["lab/one"].all("td")
        if cell.attributes.get("data-value") == "12.3"
    ]
    assert differ.text == "12.3"
    assert "first/third" in read(folder / "toy/models/lab__one.html").text


def test_equal_results_give_equal_bytes(site, tmp_path):
    """Nothing depends on the time or the place; a check finds what differs."""
    first = site(*some())
    request = build.Request(tmp_path / "results")
    build.build(request, tmp_path / "again")
    assert replacing.differences(first, tmp_path / "again") == []
    assert build.outdated(request, first) == []
    (first / "index.html").write_text("changed")
    (first / "more.txt").write_text("more")
    assert build.outdated(request, first) == ["index.html", "more.txt"]


def test_an_older_site_is_replaced_whole(site, tmp_path):
    """No page of a model that is gone stays, and nothing is left beside it."""
    folder = site(*some())
    for path in (tmp_path / "results").rglob("*lab__three*"):
        for one in path.iterdir():
            one.unlink()
    build.build(build.Request(tmp_path / "results"), folder)
    assert not (folder / "toy/models/lab__three.html").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["results", "site"]


@pytest.mark.parametrize("name", [".git/config", "thesis.txt", "toy/mine.html"])
def test_what_no_build_wrote_is_never_replaced(site, tmp_path, name):
    """A file that somebody put into the site is not ours to delete."""
    folder = site(*some())
    mine = folder / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match=str(PurePosixPath(name).name)):
        build.build(build.Request(tmp_path / "results"), folder)
    assert mine.read_text() == "mine"
    assert (folder / TABLE).is_file()


def test_a_folder_without_our_mark_is_never_replaced(board, tmp_path):
    """Nor is a folder that only looks like a site, or a link."""
    results(tmp_path / "results", board, some())
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine")
    with pytest.raises(UsageError, match=r"no build of a site wrote: index\.html"):
        build.build(build.Request(tmp_path / "results"), tmp_path / "site")
    (tmp_path / "link").symlink_to(tmp_path / "site")
    with pytest.raises(UsageError, match="must be a folder"):
        build.build(build.Request(tmp_path / "results"), tmp_path / "link")


def test_a_faulty_file_stops_the_build_and_the_old_site_stays(site, tmp_path):
    """Nothing is left out in silence."""
    folder = site(*some())
    before = (folder / TABLE).read_bytes()
    (tmp_path / "results/results/toy/lab__one/more.json").write_text("{}")
    with pytest.raises(SubmissionError, match=r"lab__one/more\.json"):
        build.build(build.Request(tmp_path / "results"), folder)
    assert (folder / TABLE).read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["results", "site"]


def test_a_table_that_no_benchmark_has_stops_the_build(board, tmp_path):
    """Such as the entries of a newer version."""
    strange = replace(run("lab/one", 50), setting="toy_other")
    results(tmp_path / "results", board, [strange])
    with pytest.raises(SubmissionError, match="toy/toy_other"):
        build.build(build.Request(tmp_path / "results"), tmp_path / "site")


@pytest.mark.usefixtures("board")
def test_an_empty_repository_gives_an_empty_table(tmp_path):
    """The first day of a leaderboard."""
    (tmp_path / "results").mkdir()
    build.build(build.Request(tmp_path / "results"), tmp_path / "site")
    assert "No model stands here yet." in read(tmp_path / "site" / TABLE).text


@pytest.mark.parametrize("title", ['Boards: "quoted" #1', "- [x]: y", "a\nsdk: docker"])
def test_the_card_of_a_space_survives_any_title(site, title):
    """The title cannot add a key to the front matter."""
    text = (site(*some(), title=title) / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    assert head == {"title": " ".join(title.split()), "sdk": "static", "app_file": "index.html"}


def command(*words):
    """Run `build` as the command line does."""
    parser = argparse.ArgumentParser()
    build_command.add(parser.add_subparsers())
    arguments = parser.parse_args(["build", *map(str, words)])
    return arguments.run(arguments)


def test_the_command_builds_and_checks(board, tmp_path, capsys):
    """A check writes nothing and tells by its status."""
    folder = results(tmp_path / "results", board, some())
    assert command(folder, tmp_path / "site", "--title", "Ours", "--check") == 1
    assert not (tmp_path / "site").exists()
    assert command(folder, tmp_path / "site", "--title", "Ours") == 0
    assert "1 tables, 4 models, 3 runs" in capsys.readouterr().out
    assert command(folder, tmp_path / "site", "--title", "Ours", "--check") == 0
    assert command(folder, tmp_path / "site", "--title", "Theirs", "--check") == 1
    assert "Ours" in read(tmp_path / "site/index.html").all("h1")[0].text


@pytest.mark.parametrize("dataset", ["toy", "toy=", "not here"])
@pytest.mark.usefixtures("board")
def test_a_dataset_must_be_one(tmp_path, dataset):
    """Anything else is refused before the results are read."""
    with pytest.raises(DatasetError, match="must be a folder that exists"):
        command(tmp_path, tmp_path / "site", "--dataset", dataset)
