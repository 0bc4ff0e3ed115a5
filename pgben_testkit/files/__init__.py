"""Read files with care: text and YAML, each problem with its place.

A room of its own, below the areas: the environment, the monitoring and the laboratory all read files, and none of them
should own the reader. It is not part of `checking`: a check is pure over what was read, and reads nothing itself.
"""
