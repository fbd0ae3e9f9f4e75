"""Other people's recordings: where their files lie, and one gaze table out of all formats."""
