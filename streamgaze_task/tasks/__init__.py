"""The lmms-eval tasks of StreamGaze: one table over :mod:`streamgaze_task.tasks.hooks`."""
