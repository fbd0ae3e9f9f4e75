"""The samples of a run in a browser: found, opened, read as they are, and never run."""

from __future__ import annotations

import re
import runpy
import types
from pathlib import Path

import pytest

HERE = Path(__file__).parent
made = types.SimpleNamespace(**runpy.run_path(str(HERE / "made_site.py")))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))


def address(model: str) -> str:
    """Of the page with a run's samples."""
    number = (made.ALPHA, made.BETA, made.HOSTILE_RUN).index(model)
    run = f"2026120{number + 1}-120000-{number:08x}"
    return f"toy/runs/{model.replace('/', '__')}/{run}.html"


def opened(page, question: str):
    """Wait until the sample of a question is open; its article."""
    article = page.get_by_role("article", name="Sample")
    article.get_by_role("heading", name=question, exact=True).wait_for()
    return article


def ids(page) -> list[str]:
    """The question ids of the rows that are drawn, from top to bottom."""
    found = page.get_by_role("listbox", name="Samples").evaluate(
        """list => [...list.querySelectorAll("[role=option]")]
            .sort((a, b) => Number(a.ariaPosInSet) - Number(b.ariaPosInSet))
            .map((one) => one.innerText.split("\\n")[0].trim())"""
    )
    return [re.match(r"q-\d+", one).group() for one in found]


def sample(model: str, number: int):
    """What Python knows of a sample."""
    return made.sample_rows(model)[number]


def test_the_model_page_leads_to_the_samples_and_back(visit, home):
    """By links alone."""
    page = visit("toy/models/lab-a__alpha-7b.html", home)
    page.get_by_role("link", name="Samples of this run").click()
    assert page.url == home + address(made.ALPHA)
    opened(page, "q-000")
    page.get_by_role("link", name="All numbers of this model").click()
    assert page.get_by_role("heading", level=1).inner_text() == made.ALPHA


@pytest.mark.parametrize("outcome", ["right", "wrong", "unparsed", "error"])
def test_an_outcome_filters(visit, home, outcome):
    """The count and the rows are those that Python finds."""
    wanted = [one for one in made.sample_rows(made.ALPHA) if one.outcome.value == outcome]
    page = visit(address(made.ALPHA), home)
    page.get_by_label("Outcome").select_option(label=f"{outcome} ({len(wanted)})")
    opened(page, wanted[0].question_id)
    assert page.get_by_text(f"{len(wanted)} of 600 samples").is_visible()
    assert ids(page)[:5] == [one.question_id for one in wanted[:5]]


def test_filters_and_search_hold_together_and_stay_in_the_address(visit, home):
    """Two axes, a word in capitals, the open sample; a reload keeps all."""
    page = visit(address(made.ALPHA), home)
    page.get_by_label("Kind").select_option(label="still")
    page.get_by_label("Size").select_option(label="large")
    page.get_by_role("searchbox").fill("THING 1")
    wanted = [
        one.question_id
        for one in made.QUESTIONS
        if one.slices == {"kind": "still", "size": "large"} and "thing 1" in one.text.lower()
    ]
    assert len(wanted) > 2
    status = f"{len(wanted)} of 600 samples"
    page.get_by_text(status).wait_for()
    assert ids(page)[: len(wanted)][:5] == wanted[:5]
    page.get_by_role("listbox").focus()
    page.keyboard.press("j")
    opened(page, wanted[1])
    page.reload()
    opened(page, wanted[1])
    assert page.get_by_text(status).is_visible()
    page.get_by_role("searchbox").fill("nothing has these words")
    page.get_by_text("No sample passes these filters.").wait_for()


def test_keys_walk_through_all_files_of_samples(visit, home):
    """From the first to the last, each with its own question, and focus where Enter puts it."""
    page = visit(address(made.ALPHA), home)
    opened(page, "q-000")
    page.get_by_role("listbox").focus()
    for key, question in (
        ("j", "q-001"),
        ("ArrowDown", "q-002"),
        ("k", "q-001"),
        ("ArrowUp", "q-000"),
        ("ArrowUp", "q-000"),
        ("End", "q-599"),
        ("j", "q-599"),
        ("PageUp", None),
        ("Home", "q-000"),
    ):
        page.keyboard.press(key)
        if question:
            article = opened(page, question)
            number = int(question[2:])
            assert f"thing {number} go?" in article.inner_text()
            assert made.QUESTIONS[number].answer in article.inner_text()
    selected = page.get_by_role("listbox").get_by_role("option", selected=True)
    assert selected.count() == 1
    assert page.get_by_role("listbox").get_attribute("aria-activedescendant") == (
        selected.get_attribute("id")
    )
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.innerText") == "q-000"
    assert len(ids(page)) < 40, "rows that nobody can see are not drawn"


def test_a_typed_j_searches_and_does_not_move(visit, home):
    """Letters in a field are letters."""
    page = visit(address(made.ALPHA), home)
    opened(page, "q-000")
    page.get_by_role("searchbox").press("j")
    assert page.get_by_role("searchbox").input_value() == "j"


def test_a_sample_says_all_that_is_known(visit, home):
    """Response, options, answer, prediction, hash, and the recording by link."""
    number = next(
        n for n, one in enumerate(made.sample_rows(made.ALPHA)) if n > 60 and one.outcome == "wrong"
    )
    known = sample(made.ALPHA, number)
    page = visit(f"{address(made.ALPHA)}#id={known.question_id}", home)
    article = opened(page, known.question_id)
    assert article.get_by_role("region", name="Response").inner_text() == known.response
    text = article.inner_text()
    assert "wrong" in text
    assert f"{made.QUESTIONS[number].answer}" in text
    options = article.get_by_role("listitem").all_inner_texts()
    answer, said = made.QUESTIONS[number].answer, known.predictions["first"]
    assert [one[0] for one in options if "[answer]" in one] == [answer]
    assert [one[0] for one in options if "[prediction: first]" in one] == [said]
    assert known.message_hash in text
    recording = article.get_by_role("link", name=made.QUESTIONS[number].media[0])
    assert recording.get_attribute("href") == (
        f"https://huggingface.co/datasets/org/toy/resolve/{'a' * 40}/media/videos/"
        f"v%20{number // 2}.mp4"
    )


def test_hostile_responses_are_shown_as_they_came_and_never_run(visit, home):
    """Every hostile text as a response and as a question."""
    page = visit(address(made.HOSTILE_RUN), home)
    page.get_by_role("listbox").focus()
    seen = 0
    for number in range(len(made.HOSTILE)):
        known = sample(made.HOSTILE_RUN, number)
        article = opened(page, known.question_id)
        if known.response is not None:
            found = article.get_by_role("region", name="Response").evaluate(
                "one => one.textContent"
            )
            assert found == known.response, "verbatim, with its line ends and invisible signs"
            seen += 1
        else:
            told = article.get_by_role("region", name="Error").inner_text()
            assert told == known.error
        asked = article.evaluate("one => one.textContent")
        assert made.QUESTIONS[number].text.strip() in asked
        page.keyboard.press("j")
    assert seen > 20
    assert page.locator("main img, main svg[onload], main iframe").count() == 0
    assert page.locator("main script").count() == 0


def test_a_long_response_says_that_it_is_cut(visit, home):
    """With how much there is."""
    known = sample(made.ALPHA, 40)
    page = visit(f"{address(made.ALPHA)}#id=q-040", home)
    article = opened(page, "q-040")
    found = article.get_by_role("region", name="Response").evaluate("one => one.textContent")
    assert len(found) < len(known.response)
    assert known.response.startswith(found)
    assert f"{len(found):,} of {len(known.response):,} characters" in article.inner_text()


def test_a_click_opens_a_sample(visit, home):
    """And the address names it."""
    page = visit(address(made.BETA), home)
    opened(page, "q-000")
    page.get_by_role("listbox").get_by_role("option").nth(3).click()
    opened(page, "q-003")
    assert "id=q-003" in page.url


def test_a_phone_shows_list_and_sample_below_each_other(visit, home):
    """Long words too, without sideways scrolling, and with a way back up."""
    page = visit(address(made.HOSTILE_RUN), home, viewport={"width": 360, "height": 740})
    for question in ("q-000", "q-020", "q-022"):
        page.evaluate("id => { location.hash = `id=${id}`; }", question)
        opened(page, question)
        assert browsing.overflow(page) == 0
    there, below = (page.get_by_role(role).bounding_box() for role in ("listbox", "article"))
    assert there["y"] + there["height"] <= below["y"]
    page.get_by_role("link", name="Back to the list").click()
    assert page.get_by_role("listbox").bounding_box()["y"] < 740


def test_without_javascript_the_first_samples_are_a_table(visit, home):
    """And no list or filter that would do nothing."""
    page = visit(address(made.HOSTILE_RUN), home, java_script_enabled=False)
    assert page.get_by_role("row").count() == 1 + 100
    assert "Below are the first 100 of 600 samples" in page.get_by_role("main").inner_text()
    assert page.get_by_role("listbox").count() == 0
    assert page.get_by_role("combobox").count() == 0


def test_a_strange_address_opens_the_first_sample(visit, home):
    """What is no sample, outcome or member is passed over."""
    page = visit(f"{address(made.ALPHA)}#id=%3Cimg%20src=x%3E&outcome=none&Kind=7&size=%FF", home)
    opened(page, "q-000")
