"""Redis: a server for the run, a numbered database of it for each test."""
