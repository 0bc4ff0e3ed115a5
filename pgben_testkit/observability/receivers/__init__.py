"""Receivers that are real: servers that Alertmanager delivers to, and the inbox with what came.

`Receivers.start(now=..., folder=...)` of `receivers.receivers` starts them; `redirect` makes a configuration deliver
there.
"""
