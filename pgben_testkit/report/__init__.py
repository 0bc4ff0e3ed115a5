"""Draw results for people."""
