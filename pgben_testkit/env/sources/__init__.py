"""Read where values come from: one module for each kind of source."""
