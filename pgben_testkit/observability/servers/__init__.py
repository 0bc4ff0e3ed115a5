"""The real programs of a monitoring set-up, run by us on a user's own configuration."""
