"""One run in pictures, and two runs on the same questions: what differs, and how sure that is."""
