"""Where values come from: one module a kind of source."""
