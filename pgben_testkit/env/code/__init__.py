"""Find the variables that code really reads, from its syntax tree."""
