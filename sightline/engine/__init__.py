"""The inference engine: who asks what, in which order, and what is never asked twice.

Nothing here knows lmms-eval or a model library: :mod:`sightline.lmms` brings both.
"""
