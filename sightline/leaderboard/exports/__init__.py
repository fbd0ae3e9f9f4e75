"""Rows of a leaderboard in the forms that others read: pure functions from entries to text.

Every text of a submission is a stranger's: each form escapes it by its own rules.
"""
