"""Three parsers and the outcome of one question."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsi_video import categories, scoring
from mmsi_video.questions import Question
from mmsi_video.scoring import PARSERS, extract_answer
from sightline.records import Outcome, Response

RECORDED = Path(__file__).parents[1] / "conformance" / "mmsi_video_extraction_cases.json"
CASES = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"]
OPTIONS = ("A. northeast", "B. northwest", "C. southeast", "D. southwest")

STRICT_LEAVES_OPEN = {
    "A is excluded, B is excluded, D is excluded.": "by elimination, which is a guess as long as "
    "E and F may exist",
}
"""Recorded cases with an intended letter that the strict parser does not give, and why."""


@pytest.mark.parametrize("parser", ["official", "easi"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["response"][:30])
def test_published_parsers_agree_with_every_recorded_answer(case, parser):
    """The recorded null means that no letter of A..F was found."""
    letter = extract_answer(case["response"], parser=parser)
    assert (letter if letter and letter in "ABCDEF" else None) == case[parser]


def test_easi_equals_the_original_on_recorded_random_responses():
    """Every stage, every kind of bracket and space: 400 answers of the original."""
    path = Path(__file__).parents[1] / "conformance" / "mmsi_video_easi_cases.json"
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    assert len(cases) == 400
    for case in cases:
        assert extract_answer(case["response"], parser="easi") == case["easi"], case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["response"][:30])
def test_strict_reads_what_was_meant_and_invents_nothing(case):
    """All but the listed cases give the intended letter; those give none."""
    meant = None if case["response"] in STRICT_LEAVES_OPEN else case["intended"]
    assert extract_answer(case["response"], parser="strict") == meant


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("no answer, but B", None),
        ("<answer>no answer</answer>B", None),
        ("No answer. B", None),
        (r"\boxed{A} then \boxed{B}", "A"),
        (r"\boxed{ 'C' }", "C"),
        (r"\boxed{B", "B"),
        (r"\boxed{5}. Answer: B", None),
        ("Answer: A. answer is B", "B"),
        ("answer: A answer: C", "C"),
        ("Answer: B, since", "B"),
        ('"answer": A. Answer: B', "A"),
        ("answer is\tB", None),
        ("A: B", None),
        ("B. The sofa", "B"),
        ("b", None),
        ("AB", None),
        ("G", None),
        ("", None),
        ("a<answer>nswer: B", "B"),
    ],
)
def test_official_rule_by_rule(response, letter):
    """Tags, "no answer", first box, last of the first key present, text before the full stop."""
    assert extract_answer(response) == letter


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("<answer>Because</answer>", "B"),
        ("<answer>j</answer> A", "J"),
        ("<answer>\ufb01rst</answer> C", "C"),
        ("<answer>(B)</answer> A", "B"),
        ("<answer></answer>D", "D"),
        ("B</answer>", "B"),
        ("</answer><answer>C</answer>", "C"),
        ("<answer><answer>C</answer>", "C"),
        ("<answer <answer x>C</answer>", "C"),
        ("<answer <answer x>?</answer>", None),
        ("I say d </think> nothing", "D"),
        ("food</think>A or B", None),
        ("<think>A.</think>\n**c**\n", "C"),
        ("<think>A</think>\n**c**\n", "A"),
        ("A\nB) left\nthe end", "B"),
        ("option A: left\noption B: right\nC", "C"),
        ("C\noption A: left", "C"),
        ("A\nfinal answer: B or C", "A"),
        ("A\n1\n2\n3\n4\n5\n6", "A"),
        ("A\nB\n1\n2\n3\n4\n5\n6" + "7" * 900, None),
        ("The Answer is (D) or C", "D"),
        ("Only F here", "F"),
        ("", None),
    ],
)
def test_easi_stage_by_stage(response, letter):
    """Answer block, closing tag, last lines, phrase, single capital, nothing."""
    assert extract_answer(response, parser="easi") == letter


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        # the options' own words
        ("northwest", "B"),
        ("Northwest.", "B"),
        ("B northwest", "B"),
        ("<answer>northwest</answer>", "B"),
        ("The answer is northwest.", "B"),
        ("Answer: (B) northwest", "B"),
        ("B. southwest", None),
        ("The answer is B. southwest", None),
        ("the northwest side", None),
        # letters beyond the options
        ("E", None),
        ("<answer>F</answer>", None),
        ("So, E.", None),
        # thoughts
        ("A</think>B", "B"),
        ("<thinking>A</thinking>C", "C"),
        ("B <think>The answer is A", "B"),
        # fields
        ("<answer>A</answer> no: <answer>B</answer>", "B"),
        ("<answer>B</answer><answer>A or C</answer>", None),
        ("<answer>X</answer>, so: <answer>B</answer>, as in <answer>Y</answer>", "B"),
        ("<answer>unclear</answer> The answer is D.", "D"),
        ("The answer is D. <answer>unclear</answer>", None),
        ("<answer>not A</answer>", None),
        ("<answer>The answer is B</answer>", "B"),
        ("<answer>B", "B"),
        ("<answer>b</answer>", "B"),
        (r"$\boxed{\textbf{(C)}}$", "C"),
        (r"\boxed{2} \boxed{B}", "B"),
        (r"\boxed{B} of \boxed{2}", "B"),
        ("```json\n{'answer': 'C'}\n```", "C"),
        ('{"answer": "B", "reason": "the answer is A"}', "B"),
        ('{"final_answer": B}', "B"),
        ('{"answer": null}', None),
        ("<|begin_of_box|>B<|end_of_box|>", "B"),
        # prose
        ("The answer is A. The answer is C.", "C"),
        ("The answer is B. The answer is not B.", None),
        ("The answer is B, so it is not A.", "B"),
        ("The answer is **not** A", None),
        ("The answer is A or B.", None),
        ("Answer: A, C", None),
        ("The answer is A?", None),
        ("If the answer is A, then", None),
        ("I don't think the answer is A.", None),
        ("The wrong answer is A.", None),
        ("The answer is a man", None),
        ("The answer is A man", None),
        ("The answer is a", None),
        ("The answer is b", "B"),
        ("the answer is b.", "B"),
        ("The answer is B, because it turns", "B"),
        ("The answer is B since it turns", "B"),
        ("The answer is most likely B.", "B"),
        ("**Final Answer**: **C**", "C"),
        ("**Final answer:**\n\n**C. southeast**", "C"),
        ("Answer:\nA. left\nB. right", None),
        ("I think it's B", "B"),
        ("So, B.", "B"),
        ("so a.", None),
        ("B is correct.", "B"),
        ("(B) is the correct answer", "B"),
        ("neither A nor B is correct.", None),
        ("B is right behind A.", None),
        ("\u7b54\u6848\u4e0d\u662fA", None),
        ("\u7b54\u6848\uff1aB\u3002", "B"),
        ("\u9009B", "B"),
        ("\u4e0d\u9009A", None),
        # lines
        ("\uff08\uff22\uff09", "B"),
        ("[B]", "B"),
        ("#### C", "C"),
        ("b)", "B"),
        ("b) northwest", "B"),
        ("a. northwest", None),
        ("B. northwest\n\nThe sofa is there.", "B"),
        ("The sofa is there.\n\nB. northwest", "B"),
        ("B\n\nA. is wrong\nC. is wrong", "B"),
        ("A. left\nB. right\nB", "B"),
        ("A. left\nB. right", None),
        ("A. left B. right", None),
        ("A. B", None),
        ("A\nthen\nB\nso", None),
        ("A/B", None),
        ("A and B", None),
        ("E.g. this", None),
        ("C:\\path", None),
        ("A?", None),
        ("None of the above", None),
        ("", None),
    ],
)
def test_strict_with_the_options_known(response, letter):
    """Explicit statements count, the last one wins, and nothing is taken out of running text."""
    assert extract_answer(response, parser="strict", options=OPTIONS) == letter


def test_strict_does_not_choose_between_options_with_the_same_words():
    """Two options say "left", so "left" is no answer."""
    assert extract_answer("left", parser="strict", options=["left", "left"]) is None


def test_an_option_may_be_a_letter():
    """Option B says "A": "B. A" is B."""
    options = ["A. B", "B. A"]
    assert extract_answer("B. A", parser="strict", options=options) == "B"


def test_an_unknown_parser_is_named():
    """The message lists those there are."""
    with pytest.raises(ValueError, match=r"'lax'\) must be one of: official, easi, strict"):
        extract_answer("B", parser="lax")


PIECES = (
    *("A", "B", "F", "the answer is ", "Answer:", '"answer": ', "not ", " or ", ", ", ". ", "\n"),
    *("<answer>", "</answer>", "<think>", "</think>", "\\boxed{", "}", "?", "**", "(", ")"),
)
pieces = st.lists(st.sampled_from(PIECES)).map("".join)


@given(st.text() | pieces, st.sampled_from(PARSERS), st.integers(2, 6))
def test_any_response_gives_a_letter_or_nothing(response, parser, count):
    """No text breaks a parser; strict stays within the options."""
    options = [f"{letter}. option {letter}" for letter in "ABCDEF"[:count]]
    letter = extract_answer(response, parser=parser, options=options)
    allowed = {"official": "ABCDEF", "easi": "ABCDEFGHIJ", "strict": "ABCDEF"[:count]}[parser]
    assert letter is None or (len(letter) == 1 and letter in allowed)


@given(st.sampled_from("ABCDEF"), st.text(st.characters(categories=["Ll"]), max_size=20))
def test_all_parsers_agree_on_a_plain_answer(letter, reason):
    """The form that the official prompt leads to is read alike by all."""
    response = f'{{"answer": "{letter}", "reason": "{reason}"}}'
    assert {extract_answer(response, parser=parser) for parser in PARSERS} == {letter}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "piece",
    [
        "the answer is ",
        "if the answer is A ",
        " A is correct",
        "so A",
        "\u9009",
        "<answer>",
        "<think>",
        "boxed{",
        '{"answer": {',
        "B\n",
        "A, ",
        "(*",
        "\\",
        " ",
    ],
)
def test_a_megabyte_is_read_in_linear_time(parser, piece):
    """A hostile response cannot hold up a run."""
    response = piece * (1_000_000 // len(piece))
    start = time.perf_counter()
    extract_answer(response, parser=parser, options=OPTIONS)
    assert time.perf_counter() - start < 60  # quadratic would be hours


QUESTION = Question(
    id="question_0051",
    answer="B",
    options=OPTIONS,
    slices=categories.slices("question_0051", "Planning"),
    cluster="clip",
)


def test_score_holds_every_parser_and_the_official_outcome():
    """`**B**` is right for two parsers and a failure for the headline."""
    score = scoring.score(QUESTION, Response("question_0051", "**B**"), details={"task": "t"})
    assert score.predictions == {"official": None, "easi": "B", "strict": "B"}
    assert score.outcome is score.outcomes["official"] is Outcome.UNPARSED
    assert score.outcomes["easi"] is score.outcomes["strict"] is Outcome.RIGHT
    assert (score.option_count, score.cluster, score.error) == (4, "clip", None)
    assert score.slices["robot"] == "Manipulation"
    assert score.details == {"task": "t", "options": list(OPTIONS), "response": "**B**"}


@pytest.mark.parametrize(
    ("response", "outcome", "error"),
    [
        (Response("q", "C"), Outcome.WRONG, None),
        (Response("q", ""), Outcome.UNPARSED, None),
        (None, Outcome.MISSING, None),
        (Response("q", None, error="out of memory"), Outcome.ERROR, "out of memory"),
        (Response("q", "B", error="cut off"), Outcome.ERROR, "cut off"),
        (Response("q", None), Outcome.ERROR, "the response has neither a text nor an error"),
    ],
)
def test_every_outcome(response, outcome, error):
    """Missing and failed questions are so for every parser, and the reason is kept."""
    score = scoring.score(QUESTION, response)
    assert set(score.outcomes.values()) == {score.outcome} == {outcome}
    assert score.error == error
    assert score.details["response"] == (response.text if response else None)
