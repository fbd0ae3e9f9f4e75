"""Reading from the Hub: at one commit, as little as is needed, refusals in our own words."""
