"""The leaderboard as static pages: built from a results folder, served by any web server."""
