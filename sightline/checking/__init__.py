"""`sightline check`: a built dataset looked at from all sides, every problem at once."""
