"""The variables that code really reads, from its syntax tree."""
