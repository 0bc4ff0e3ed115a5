"""A clock that jumps for one process that we started, and for no other.

A Go program (Prometheus, Alertmanager) reads the time by a function that the kernel maps into each process: the vDSO's
`clock_gettime`. Ours takes its place in the process's own copy of that page: it asks the kernel for the real time and
adds an offset, which lies in the page too. A jump is then one write of eight bytes.
"""

from pgben_testkit.observability.lab.clock.process import ClockNotAble, ProcessClock, refused, why_not_able

__all__ = ["ClockNotAble", "ProcessClock", "refused", "why_not_able"]
