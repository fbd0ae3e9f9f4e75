"""Gaze samples -> fixations, and which of them show one steady scene."""
