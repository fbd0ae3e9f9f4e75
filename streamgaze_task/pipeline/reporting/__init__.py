"""What a run found, as a page for people."""
