"""Gaze samples -> fixations, and which of them show one steady scene.

:func:`.find.find_fixations` finds them, :func:`.scenes.judge_scenes` looks at the pictures during
them; :mod:`.reference` and :mod:`.reference_scenes` are the authors' own rules, faults included.

Not from pymovements 0.28, which has I-DT and I-VT: its I-DT measures a bounding box instead of the
distance from the centroid, wants whole and equal time steps (30 samples a second have none in
milliseconds), and looks again at the whole fixation for every sample. Neither of its rules knows
validity (NaN alone), smooths, or joins over blinks and outliers, so that most of what is here would
still be ours; on the same synthetic gaze (``scripts/bench/fixations.py``) it misses a tenth to all
of the fixations wherever there are blinks, outliers, losses, or noise for its I-DT. It brings
polars, pandas, scikit-learn and matplotlib, some 600 MB, into a stage that needs numpy.
"""
