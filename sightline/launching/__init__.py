"""`sightline eval`: starts lmms-eval on every rank, watches, and tells the truth about the end."""
