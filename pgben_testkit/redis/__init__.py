"""Give Redis to tests: one server for the run, a numbered database of it for each test."""
