"""The lmms-eval tasks of MMSI-Video-Bench: short YAML files over :mod:`mmsi_video.tasks.hooks`."""
