"""Give every check of the kit one frame: rule, finding, place, page, disabling comment, baseline.

A check is a module in a package that declares `CHECKS = Group(...)`. It has a `RULE` and a function
`check(subject)` that yields findings. This package knows no area: the areas bring the checks and the subjects.
"""
