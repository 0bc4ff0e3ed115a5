"""The tests use the plugin as a user would; `pytester` runs projects of their own."""

pytest_plugins = ["pytester"]
