"""The lmms-eval side of Sightline: the only package that imports lmms_eval."""
