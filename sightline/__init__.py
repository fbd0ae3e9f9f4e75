"""Sightline: two video benchmarks, usable by one command each."""

__version__ = "0.1.0"
