"""Frames of videos, decoded once per machine and kept on disk: :class:`FrameStore`."""

from sightline.frame_store.store import FrameStore, default_store

__all__ = ["FrameStore", "default_store"]
