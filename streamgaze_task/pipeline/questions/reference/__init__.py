"""The questions by the rules that the authors published, faults included (pipeline step 3).

The source is the pipeline of daeunni/StreamGaze (arXiv 2512.01707), as described in words; every
module has ``make_reference(scanpath, rng)`` and names the faults of its task. ``timeline.py`` holds
what the tasks share. What the description leaves open is decided in the simplest way and said so.

**Chance.** The authors seed Python's generator once with 42, and all past and future tasks of all
videos draw from it in the order in which they run. Here too one generator is shared
(:func:`~streamgaze_task.pipeline.questions.reference.timeline.published_random`), but by the tasks
of one recording: first OTP, NFI, GSM and SR, then the future tasks. Sharing it among recordings
would tie each to all before it, so that nothing could resume or run in parallel. The authors' own
draws cannot be repeated anyway: they draw from sets of text, whose order changes with every start
of Python. Here such sets are in order of first appearance. Letters are given out elsewhere, by
chance of their own.
"""

PAST = ("otp", "nfi", "gsm", "sr")
"""The past tasks in the order in which they draw."""
