"""The choice over all recordings: as many as wanted, no word tells the answer."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.pipeline.quality.choosing import choose
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import Question, TestPoint

WORDS = ("cup", "pan", "jar", "knife", "bowl", "plate")


def _choice(name, number, options):
    right, *wrong = options
    return Question(
        f"{name}/oie/{number}", "oie", name, number, "Which? {options}", right, tuple(wrong)
    )


def _alert(name, number, labels="Y"):
    points = tuple(TestPoint(number + k, alert=label == "Y") for k, label in enumerate(labels))
    return Question(
        f"{name}/gta/{number}", "gta", name, number, "Alert me.", points=points, label_means="now"
    )


@st.composite
def candidates(draw, kinds=("choice", "alert")):
    """Questions of some recordings; few words, some of them right far too often."""
    found = {}
    for name in draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True)):
        options = st.one_of(
            st.permutations(WORDS).map(lambda words: words[:4]),
            st.permutations(WORDS[1:]).map(lambda words: (WORDS[0], *words[:3])),
        )
        kind = draw(st.sampled_from(kinds))
        if kind == "choice":
            drawn = draw(st.lists(options, max_size=25))
            found[name] = [_choice(name, k, words) for k, words in enumerate(drawn)]
        else:
            found[name] = [_alert(name, k) for k in range(draw(st.integers(0, 25)))]
    return found


def _balances(questions):
    """Word -> (three times how often it is right less how often it is wrong, how often it is)."""
    balance, seen = Counter(), Counter()
    for one in questions:
        balance[one.answer] += 3
        for word in one.wrong:
            balance[word] -= 1
        seen.update((one.answer, *one.wrong))
    return {word: (balance[word], seen[word]) for word in seen}


@given(candidates(), st.integers(1, 12), st.integers(0, 9))
def test_never_more_than_wanted_and_only_candidates(given_ones, most, seed):
    """Of every recording."""
    chosen = choose(given_ones, most, seed)
    assert chosen <= {one.id for questions in given_ones.values() for one in questions}
    for questions in given_ones.values():
        assert len(chosen & {one.id for one in questions}) <= most


@given(candidates(), st.integers(1, 12), st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_recordings_does_not_matter(given_ones, most, seed, rng):
    """Nor when it is chosen."""
    names = rng.sample(sorted(given_ones), len(given_ones))
    turned = {name: tuple(given_ones[name]) for name in names}
    assert choose(turned, most, seed) == choose(given_ones, most, seed)


@given(candidates(kinds=("choice",)), st.integers(1, 12), st.integers(0, 9))
def test_every_word_is_as_balanced_as_chance_alone_would_have_it(given_ones, most, seed):
    """Within one standard deviation; a word may be right once."""
    chosen = choose(given_ones, most, seed)
    taken = [one for questions in given_ones.values() for one in questions if one.id in chosen]
    for word, (balance, seen) in _balances(taken).items():
        assert balance**2 <= max(9, 3 * seen), (word, balance, seen)


@given(candidates(kinds=("choice",)), st.integers(1, 12), st.integers(0, 9))
def test_where_there_are_candidates_something_is_chosen(given_ones, most, seed):
    """The first question of all is always balanced."""
    assert bool(choose(given_ones, most, seed)) == any(given_ones.values())


def test_other_seeds_choose_others():
    """By chance, and by nothing else."""
    found = {"a": [_alert("a", k) for k in range(50)]}
    assert len({choose(found, 5, seed) for seed in range(10)}) > 5


@given(st.integers(0, 60), st.integers(1, 12), st.integers(0, 9))
def test_questions_without_options_are_spread_over_the_recording(count, most, seed):
    """One from every equal part; all where there are few."""
    chosen = choose({"a": [_alert("a", k) for k in range(count)]}, most, seed)
    places = sorted(int(name.rpartition("/")[2]) for name in chosen)
    wanted = min(count, most)
    edges = [count * k // max(wanted, 1) for k in range(wanted + 1)]
    assert len(places) == wanted
    assert all(edges[k] <= place < edges[k + 1] for k, place in enumerate(places))


@given(st.integers(0, 9), st.integers(2, 6), st.integers(1, 8))
def test_of_every_part_that_one_is_taken_that_evens_the_test_points(seed, recordings, most):
    """NYY and YNN side by side: who counts points over all recordings knows nothing."""
    labels = ("NYY", "YNN")
    found = {
        name: [_alert(name, k, labels[k % 2]) for k in range(4 * most)]
        for name in "abcdef"[:recordings]
    }
    chosen = choose(found, most, seed)
    kept = [one for questions in found.values() for one in questions if one.id in chosen]
    assert len(kept) == recordings * most
    for place in range(3):
        alerts = sum(one.points[place].alert for one in kept)
        assert abs(2 * alerts - len(kept)) <= 1


def test_a_recording_with_few_questions_does_not_stop_the_others():
    """Each takes what it has."""
    rng = Random(0)  # noqa: S311 (drawings)
    words = [f"w{k}" for k in range(40)]
    many = [_choice("b", k, rng.sample(words, 4)) for k in range(60)]
    chosen = choose({"a": [_choice("a", 0, WORDS[:4])], "b": many, "c": []}, 8, 0)
    assert "a/oie/0" in chosen
    assert len(chosen) == 9


def _skewed(recordings, each, seed):
    """A world in which some things are looked at far more often than others."""
    rng = Random(seed)  # noqa: S311 (drawings)
    words = [f"w{k}" for k in range(24)]
    often = [1 / (1 + k) for k in range(24)]
    made = {}
    for r in range(recordings):
        questions = []
        for k in range(each):
            (right,) = rng.choices(words, often)
            wrong = rng.sample([word for word in words if word != right], 3)
            questions.append(_choice(f"r{r:02}", k, (right, *wrong)))
        made[f"r{r:02}"] = questions
    return made


def _by_words(questions, sign):
    """Accuracy in one half of the recordings of what words were right in the other half."""
    names = sorted({one.recording_id for one in questions})
    hits = total = 0
    for half in (names[::2], names[1::2]):
        learned = _balances([one for one in questions if one.recording_id not in half])
        for one in questions:
            if one.recording_id not in half:
                continue
            options = sorted((one.answer, *one.wrong))
            score = {
                word: sign * learned[word][0] / (learned[word][1] + 1) if word in learned else 0.0
                for word in options
            }
            best = [word for word in options if score[word] == max(score.values())]
            hits += (one.answer in best) / len(best)
            total += 1
    return hits / total


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_in_a_skewed_world_words_tell_next_to_nothing(seed):
    """Taking all, or any ten of each recording, gives the answers away; guesses go either way."""
    found = _skewed(40, 60, seed)
    every = [one for questions in found.values() for one in questions]
    any_ten = [one for questions in found.values() for one in questions[:10]]
    chosen = choose(found, 10, seed)
    taken = [one for one in every if one.id in chosen]
    assert len(taken) >= 200
    assert _by_words(every, 1) > 0.5
    assert _by_words(any_ten, 1) > 0.4
    # The standard deviation of 200 guesses at random is 0.03.
    assert abs(_by_words(taken, 1) - 0.25) < 0.1
    assert abs(_by_words(taken, -1) - 0.25) < 0.1


def test_weights_are_fair():
    """Right in a quarter of its appearances, a word's balance is 0: 3 - 1 - 1 - 1."""
    assert WRONG == 3
