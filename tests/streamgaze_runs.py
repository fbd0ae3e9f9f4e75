"""Small made-up StreamGaze questions and runs, for the tests of scoring and its tables."""

from sightline.records import Response
from streamgaze_task.schema import Sample, TestPoint, Video
from streamgaze_task.scoring import score
from streamgaze_task.task_names import BY_CODE, CODES

OPTIONS = ("A. cup", "B. pan", "C. knife", "D. jar")


def video(number):
    """One of the videos."""
    name = f"video-{number}"
    return Video(
        video_id=name,
        source="egtea",
        video_path=f"media/videos/original/{name}.mp4",
        overlay_path=None,
        sha256="0" * 64,
        overlay_sha256=None,
        duration_seconds=600.0,
        width=640,
        height=480,
        gaze="samples",
        gaze_sha256=None,
    )


def points(labels="00111", first=142.0):
    """Test points 10 s apart around the first appearance, at the third of five."""
    times = [first + 10 * (i - 2) for i in range(len(labels))]
    return tuple(
        TestPoint(
            realtime=f"{int(t) // 60:02d}:{int(t) % 60:02d}",
            seconds=t,
            label=int(label),
            already_seen=int(t >= first),
        )
        for t, label in zip(times, labels, strict=True)
    )


def sample(task, number, **changes):
    """One question of a task; two questions a video."""
    proactive = BY_CODE[task].family == "proactive"
    letter = "ABCD"[number % 4]
    values = {
        "id": f"{task}-{number:04d}",
        "task": task,
        "question": f"Question {number} of {task}?",
        "options": () if proactive else OPTIONS,
        "answer": None if proactive else letter,
        "released_answer": None if proactive else letter,
        "time_seconds": 100.0 + number,
        "video": video(number // 2),
        "points": points() if proactive else (),
        "first_appearance_seconds": 142.0 if proactive else None,
    }
    return Sample(**(values | changes))


def split(each=4, codes=CODES):
    """The same number of questions of every task."""
    return [sample(code, number) for code in codes for number in range(each)]


def requests(samples):
    """Everything that is asked, in order."""
    return [request for one in samples for request in one.requests()]


def answered(asked, choice="A", alert="Yes", **details):
    """Every request answered with the same text."""
    return [
        score(r, Response(r.id, choice if r.point is None else alert), details=details)
        for r in asked
    ]
