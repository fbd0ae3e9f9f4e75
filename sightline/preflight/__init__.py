"""What can be known before a run: one check a module, findings with their mends.

Nothing heavy is imported before a check needs it, and what is not installed is a finding, not a
failure. :mod:`sightline.preflight.run` puts the checks together.
"""
