"""What a response means, by two rules: the authors', and ours."""
