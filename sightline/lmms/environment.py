"""Names of the environment variables by which `sightline eval` speaks to its ranks."""

ANSWERS = "SIGHTLINE_ANSWERS"
"""The folder in which ranks keep their answers."""

MALLOC = "SIGHTLINE_MALLOC"
"""``0`` leaves the ranks' memory allocation as it is."""
