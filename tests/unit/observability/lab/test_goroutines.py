"""Whether a Go program's parts rest, by its own profile."""

from pgben_testkit.observability.lab.goroutines import busy, parse

PROFILE = b"""goroutine 1 [select, 2 minutes]:
github.com/prometheus/alertmanager/dispatch.(*aggrGroup).run(0xc0, 0xc1)
\t/build/dispatch.go:415 +0x1f
created by github.com/prometheus/alertmanager/dispatch.(*Dispatcher).processAlert
\t/build/dispatch.go:326 +0x2f

goroutine 2 [%s]:
%sgithub.com/prometheus/alertmanager/notify.RetryStage.exec(0xc0)
\t/build/notify.go:700 +0x1f

goroutine 3 [runnable]:
net/http.(*conn).serve(0xc0)
\t/go/server.go:1 +0x1

goroutine 4 [semacquire]:
sync.runtime_Semacquire(0xc0)
\t/go/sema.go:62 +0x1
sync.(*WaitGroup).Wait(0xc0)
\t/go/waitgroup.go:139 +0x1
github.com/prometheus/alertmanager/notify.FanoutStage.Exec(0xc0)
\t/build/notify.go:500 +0x1f
"""
PACKAGES = ("alertmanager/dispatch.", "alertmanager/notify")


def states(state, frames=b""):
    found = parse(PROFILE % (state, frames), PACKAGES)
    return len(found), [each.state for each in busy(found, PACKAGES)]


def test_a_timer_is_rest():
    assert states(b"select") == (3, [])


def test_running_and_ready_are_work():
    assert states(b"runnable") == (3, ["runnable"])
    assert states(b"running") == (3, ["running"])


def test_waiting_for_a_socket_is_work():
    assert states(b"select", b"net/http.(*persistConn).roundTrip(0xc0)\n\t/go/transport.go:1 +0x1\n") == (3, ["select"])
    assert states(b"IO wait") == (3, ["IO wait"])


def test_other_packages_are_not_looked_at():
    assert parse(PROFILE % (b"select", b""), ("prometheus/notifier.",)) == []
