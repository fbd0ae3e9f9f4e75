"""From a finished run to a leaderboard that anyone can verify: submit, check, compare, show."""
