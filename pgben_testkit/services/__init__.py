"""Manage the life of a server: start, wait, own, share between workers, stop, reap. Knows no service by itself."""
