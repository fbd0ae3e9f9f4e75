"""Several reviewers' decisions: merged whatever the order, and looked at before they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import UsageError
from streamgaze_task.pipeline.review.decisions import Decision, Decisions, merge
from streamgaze_task.pipeline.review.merging import kappa

verdicts = st.sampled_from(["accept", "reject"])
decisions = st.builds(
    lambda number, verdict, minute, who, seen: Decision(
        "fixation", "r", number, seen * 64, verdict, f"2026-11-21T10:{minute:02}:00Z", {}, "", who
    ),
    st.integers(0, 3),
    verdicts,
    st.integers(0, 59),
    st.sampled_from(["Ada", "Bo", ""]),
    st.sampled_from("ab"),
)
files = st.lists(decisions, max_size=8, unique_by=lambda one: one.key).map(
    lambda some: Decisions("n", "", "", tuple(some))
)


@given(st.lists(files, min_size=1, max_size=4), st.randoms())
def test_merging_does_not_know_the_order(many, rng):
    """The latest of each record stays; merging again changes no decision."""
    found = merge(many)
    mixed = sorted(many, key=lambda _: rng.random())
    assert merge(mixed) == found
    assert merge([found]).decisions == found.decisions
    everything = [one for file in many for one in file.decisions]
    assert {one.key for one in found.decisions} == {one.key for one in everything}
    for one in found.decisions:
        assert one.moment == max(other.moment for other in everything if other.key == one.key)


def test_conflicts_and_agreement_of_two_people():
    """Ada changed her mind before; that is no conflict."""

    def file(who: str, minute: int, *verdicts: str) -> Decisions:
        return Decisions(
            "n",
            "",
            who,
            tuple(
                Decision(
                    "fixation", "r", k, "a" * 64, v, f"2026-11-21T10:{minute}:00Z", {}, "", who
                )
                for k, v in enumerate(verdicts)
            ),
        )

    early = file("Ada", 10, "reject")
    ada = file("Ada", 20, "accept", "accept", "reject", "reject")
    bo = file("Bo", 30, "accept", "reject", "reject", "reject", "accept")
    found = merge([bo, early, ada])
    assert [one.verdict for one in found.decisions] == [
        "accept",
        "reject",
        "reject",
        "reject",
        "accept",
    ]
    (conflict,) = found.conflicts
    assert (conflict.kept.id, conflict.kept.reviewer) == (1, "Bo")
    assert [one.reviewer for one in conflict.others] == ["Ada"]
    (both,) = found.agreements
    assert (both.first, both.second, both.records, both.same) == ("Ada", "Bo", 4, 3)
    assert both.kappa == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))
    assert found.text().splitlines() == [
        "5 decisions by Ada, Bo",
        "  fixations: accept 2, edit 0, reject 3",
        "  questions: accept 0, edit 0, reject 0",
        "  conflicts, where the latest counts: 1",
        "    fixation 1 of r: reject by Bo counts, not accept by Ada",
        "  Ada and Bo agree on 3 of 4, Cohen's kappa 0.50",
    ]
    assert merge([found, ada]).reviewer == "Ada, Bo"


def test_kappa_knows_chance():
    """Always the same is no evidence; the opposite is below chance."""
    assert kappa([]) is None
    assert kappa([("accept", "accept")] * 3) is None
    assert kappa([("accept", "reject"), ("reject", "accept")]) == -1
    assert kappa([("accept", "accept"), ("reject", "reject")]) == 1


def test_benchmarks_are_not_mixed():
    """Nor is nothing merged."""
    with pytest.raises(UsageError, match="of one benchmark"):
        merge([])
    with pytest.raises(UsageError, match="of one benchmark"):
        merge([Decisions("a", "", "", ()), Decisions("b", "", "", ())])


def test_conflicts_are_named_as_far_as_there_is_room():
    """The first ones with what both said; a name moves no cursor."""
    first, second = (
        Decisions(
            "n",
            "",
            who,
            tuple(
                Decision(
                    "fixation",
                    "r",
                    k,
                    "a" * 64,
                    verdict,
                    f"2026-11-2{day}T10:00:00Z",
                    edits,
                    "",
                    who,
                )
                for k in range(30)
            ),
        )
        for who, verdict, day, edits in (
            ("Ada", "accept", 1, {}),
            ("\x1b[31mBo", "edit", 2, {"gazed": "cup\u202e"}),
        )
    )
    told = merge([first, second]).text()
    assert "    fixation 0 of r: edit to {" in told
    assert " counts, not accept by Ada" in told
    assert told.count(" counts, not ") == 20
    assert "and 10 more" in told
    assert "\x1b" not in told
    assert "\u202e" not in told
