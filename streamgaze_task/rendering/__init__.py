"""Drawn first-person videos for the sample release: rooms, cameras, gaze, and questions about them.

One script of each video gives its pixels, its gaze and its answers, so an answer is true in the
pixels. :func:`streamgaze_task.rendering.truth.truth` tells the gaze without drawing anything.
"""
