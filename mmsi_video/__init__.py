"""MMSI-Video-Bench: video-based spatial intelligence (arXiv 2512.10863)."""
