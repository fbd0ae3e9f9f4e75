"""From raw gaze and first-person video to a benchmark: recordings, fixations, objects, questions.

What the authors of StreamGaze did for their videos (arXiv 2512.01707, section 3), for anyone with
an eye tracker. ``sightline gaze run CONFIG`` runs all of it.
"""
