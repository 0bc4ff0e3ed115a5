"""Runs that begin and end while others look at the records of all."""

import threading

from pgben_testkit import settings
from pgben_testkit.services.run import Run, traces


def test_looking_at_the_records_while_runs_begin_and_end_is_safe(project):
    given = settings.read(root=project, environ={})
    failed, over = [], threading.Event()

    def look():
        while not over.is_set():
            try:
                for trace in traces():
                    assert len(trace.id) == 12
            except Exception as error:  # whatever it is: the test says it
                failed.append(error)
                return

    looking = [threading.Thread(target=look) for _ in range(3)]
    for each in looking:
        each.start()
    for _ in range(300):
        Run.begin(given).end()
    over.set()
    for each in looking:
        each.join()
    assert failed == []
