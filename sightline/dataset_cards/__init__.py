"""The card of a dataset, and what else its repository tells the Hub and search engines."""
