"""What letter a response means, by three rules: the authors', EASI's, and ours."""
