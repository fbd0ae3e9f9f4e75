"""Fixations -> episodes: by label here, by time alone in the published rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamgaze_task.pipeline.episodes import EpisodeSettings, episodes_of, reference_episodes
from streamgaze_task.pipeline.records import FoundFixation, LabelledFixation, SeenObject

OURS = EpisodeSettings()


def label(number, start, end, name, *, beside=(), outside=(), **more):
    """A labelled fixation."""
    return LabelledFixation(
        number,
        start,
        end,
        0.1 * number,
        0.5,
        SeenObject(name) if name else None,
        tuple(map(SeenObject, beside)),
        tuple(map(SeenObject, outside)),
        **more,
    )


def found(labels, *dropped):
    """The fixations of labels, and others that were dropped."""
    kept = [
        FoundFixation(one.number, one.start_seconds, one.end_seconds, one.x, one.y)
        for one in labels
    ]
    return [*kept, *dropped]


def names(episodes):
    """What was looked at."""
    return [episode.name for episode in episodes]


def test_fixations_in_a_row_on_one_thing_are_one_episode():
    """Fixations in a row on one thing are one episode."""
    labels = [label(0, 0, 2, "cup"), label(1, 2.5, 4, "cup"), label(2, 4.2, 6, "jar")]
    made = episodes_of(labels, found(labels), OURS)
    assert names(made) == ["cup", "jar"]
    assert made[0].fixations == (0, 1)
    assert (made[0].start_seconds, made[0].end_seconds) == (0, 4)
    assert made[0].x == pytest.approx(0.1 * 1.5 / 3.5)
    assert [episode.number for episode in made] == [0, 1]


def test_a_thing_looked_at_again_after_a_while_is_another_episode():
    """A thing looked at again after a while is another episode."""
    labels = [label(0, 0, 2, "cup"), label(1, 4.1, 6, "cup")]
    assert names(episodes_of(labels, found(labels), OURS)) == ["cup", "cup"]
    assert names(episodes_of(labels, found(labels), EpisodeSettings(2.2))) == ["cup"]


def test_a_fixation_without_labels_stays_between_its_neighbours():
    """A fixation without labels stays between its neighbours."""
    labels = [label(0, 0, 2, "cup"), label(2, 3.5, 5, "cup")]
    gone = FoundFixation(1, 2.1, 3.4, 0.9, 0.9, "scene changes")
    made = episodes_of(labels, found(labels, gone), OURS)
    assert names(made) == ["cup", "", "cup"]
    assert made[1].gazed is None
    assert not made[1].sure


def test_two_unknown_fixations_are_not_taken_for_one_look():
    """Two unknown fixations are not taken for one look."""
    labels = [label(0, 0, 2, "", problem="no JSON"), label(1, 2.1, 3, "", problem="no JSON")]
    made = episodes_of(labels, found(labels), OURS)
    assert [episode.fixations for episode in made] == [(0,), (1,)]
    assert not any(episode.sure for episode in made)


def test_what_was_beside_counts_once_and_what_was_outside_only_if_always():
    """What was beside counts once and what was outside only if always."""
    labels = [
        label(0, 0, 1, "cup", beside=("jar",), outside=("pan", "pot", "key")),
        label(1, 1.1, 2, "cup", beside=("jar", "key", "cup"), outside=("pot", "key")),
    ]
    (made,) = episodes_of(labels, found(labels), OURS)
    assert [thing.name for thing in made.beside] == ["jar", "key"]
    assert [thing.name for thing in made.outside] == ["pot"]


def test_one_unsure_fixation_makes_the_episode_unsure_and_disputed_attributes_go():
    """One unsure fixation makes the episode unsure and disputed attributes go."""
    first = replace(
        label(0, 0, 1, "cup"), gazed=SeenObject("cup", "a", {"color": "red", "shape": "round"})
    )
    second = replace(
        label(1, 1, 2, "cup"), gazed=SeenObject("cup", "b", {"color": "blue"}), sure=False
    )
    (made,) = episodes_of([first, second], found([first, second]), OURS)
    assert made.gazed == SeenObject("cup", "a", {"shape": "round"})
    assert not made.sure


def test_no_fixations_no_episodes():
    """No fixations no episodes."""
    assert episodes_of([], [], OURS) == ()
    assert reference_episodes([], lambda _start, _end: 1.0) == ()
    with pytest.raises(ValueError, match="merge_seconds"):
        EpisodeSettings(-1)


def test_the_published_rule_merges_by_time_whatever_was_looked_at():
    """The published rule merges by time whatever was looked at."""
    labels = [
        label(0, 0, 3, "cup"),
        label(1, 4.9, 8, "Jar"),
        label(2, 9, 12, "Jar"),
        label(3, 14, 17, "pan"),
    ]
    made = reference_episodes(labels, lambda _start, _end: None)
    assert [(one.name, one.fixations) for one in made] == [("Jar", (0, 1, 2)), ("pan", (3,))]
    assert made[0].x == pytest.approx(0.1)


def test_the_published_rule_takes_the_first_of_equally_frequent_names():
    """The published rule takes the first of equally frequent names."""
    labels = [label(0, 0, 3, "cup"), label(1, 4, 8, "jar")]
    assert names(reference_episodes(labels, lambda _start, _end: None)) == ["cup"]


def test_the_published_rule_drops_real_looks_while_the_scene_is_alike():
    """The published rule drops real looks while the scene is alike."""
    labels = [
        label(number, 10 * number, 10 * number + 3, name) for number, name in enumerate("abcd")
    ]
    asked = []

    def similarity(start, end):
        asked.append((start, end))
        return 0.70 if end < 30 else 0.69

    assert names(reference_episodes(labels, similarity)) == ["a", "d"]
    assert asked == [(0, 13), (0, 23), (0, 33)]


def test_episodes_without_labels_are_never_similar():
    """Episodes without labels are never similar."""
    labels = [label(0, 0, 3, "cup"), label(1, 10, 13, ""), label(2, 20, 23, "jar")]
    assert names(reference_episodes(labels, lambda _start, _end: 1.0)) == ["cup", "", "jar"]
