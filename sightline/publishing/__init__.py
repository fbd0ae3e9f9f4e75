"""`sightline publish`: check, compare with the Hub, one commit, read it back and compare again."""
