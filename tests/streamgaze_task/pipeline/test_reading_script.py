"""Right labels say what the script says, and no more than labels can."""

import pytest

from streamgaze_task.pipeline.records import FoundFixation
from streamgaze_task.rendering.raw.judging import filmed_script
from streamgaze_task.rendering.raw.recordings import RECORDINGS
from streamgaze_task.rendering.reading_script import TOUCHES_SECONDS, ScriptReader

_ID = RECORDINGS[0].recording_id
_SCRIPT = filmed_script(_ID, 3)
_READER = ScriptReader(_SCRIPT)


def _fixation(start, end):
    return FoundFixation(7, start, end, 0.4, 0.6)


@pytest.mark.parametrize("look", _SCRIPT.looks, ids=lambda look: f"{look.start:.1f}")
def test_a_fixation_is_at_what_its_look_is_at(look):
    """Its number, times and place stay; everything named is a thing of the room, each once."""
    label = _READER.label(_fixation(look.start, look.end))
    assert (label.number, label.start_seconds, label.x, label.y) == (7, look.start, 0.4, 0.6)
    assert label.gazed.name == look.thing
    assert label.sure
    names = [thing.name for thing in (label.gazed, *label.beside, *label.outside)]
    assert len(names) == len(set(names))
    assert set(names) <= {thing.name for thing in _SCRIPT.things}


def test_a_fixation_over_two_looks_is_not_sure():
    """It is named by the longer one; a short touch of the other look does no harm."""
    before, look = next(
        (a, b)
        for a, b in zip(_SCRIPT.looks, _SCRIPT.looks[1:], strict=False)
        if a.end - a.start > 1.5 and b.end - b.start > 1.5
    )
    touching = _READER.label(_fixation(before.end - TOUCHES_SECONDS / 2, look.end))
    both = _READER.label(_fixation(before.end - 0.5, look.end))
    assert (touching.gazed.name, touching.sure) == (look.thing, True)
    assert (both.gazed.name, both.sure) == (look.thing, False)


def test_a_fixation_at_nothing_is_of_nothing():
    """Between two looks and after the last one nobody looks at anything."""
    end = _SCRIPT.looks[-1].end
    label = _READER.label(_fixation(end + 0.1, end + 0.2))
    assert label.gazed is None
    assert not label.sure
    assert label.beside == ()


def test_outside_is_what_is_clearly_in_view_all_the_time():
    """And never what stands in the circle."""
    for look in _SCRIPT.looks:
        label = _READER.label(_fixation(look.start, look.end))
        beside = {thing.name for thing in label.beside}
        for thing in label.outside:
            assert thing.name not in beside
            for at in (look.start, (look.start + look.end) / 2):
                assert thing.name in _READER.view(at).seen


def test_a_view_parts_what_is_clear_from_what_is_cut():
    """Nothing is in both; most moments of a recording have both kinds."""
    views = [_READER.view(float(at)) for at in range(0, 100, 5)]
    assert all(not set(one.seen) & set(one.partly) for one in views)
    assert any(one.seen for one in views)
    assert any(one.partly for one in views)


def test_there_is_no_script_of_an_unknown_recording():
    """It has no name among the rendered ones."""
    with pytest.raises(KeyError):
        filmed_script("no-such-recording", 3)
