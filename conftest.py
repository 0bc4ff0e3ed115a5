"""The tests use the plugin as a user would; `pytester` runs projects of their own."""

import signal

pytest_plugins = ["pytester"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background: what we start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
