"""Drawn worlds for the sample release: rooms, furniture and cameras, and questions about them.

One world model gives both the frames and the answers, so an answer is true in the pixels.
"""
