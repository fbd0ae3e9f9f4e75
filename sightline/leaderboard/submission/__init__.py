"""A finished run becomes a package: read, described, scrubbed, packed."""
