"""The lmms-eval tasks of StreamGaze."""
