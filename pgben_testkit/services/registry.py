"""List the services that there are: the kit's own, and those that other packages add.

The kit's own are named here and imported when first used, so that a run pays only for what it uses. Another package
adds one by an entry point of the group `pgben_testkit.services`, or in pytest by the hook `pytest_pgben_services`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.service import Service
from pgben_testkit.settings import Option

AnyService = Service[Any, Any]

OWN = ("postgres", "storage", "redis")
"""The kit's own services, in the order in which they are listed: `pgben_testkit.NAME.service` holds a `SERVICE`."""
GROUP = "pgben_testkit.services"
"""The group of entry points by which other packages add services: `name = "package.module:SERVICE"`."""


class Registry:
    """The services of this process, by name."""

    def __init__(self, added: Iterable[AnyService] = ()) -> None:
        """Raises:
        UsageProblem: two services have one name.
        """
        self._found: dict[str, AnyService] = {}
        self._added = tuple(added)
        for service in self._added:
            if service.name in OWN or service.name in self._found:
                raise UsageProblem(
                    f"two services are called {service.name}",
                    why=f"{type(service).__module__} adds one, and there is another",
                    remedy="give the added one another name",
                )
            self._found[service.name] = service

    @classmethod
    def installed(cls) -> Registry:
        """Return the kit's services and those of all installed packages, by their entry points.

        Raises:
            EnvironmentNotAble: an entry point does not load.
        """
        from importlib.metadata import entry_points

        added = []
        for each in entry_points(group=GROUP):
            try:
                added.append(each.load())
            except Exception as error:  # any: it is somebody else's code
                raise EnvironmentNotAble(
                    f"the service {each.name} can't be loaded",
                    why=f"{each.value}: {type(error).__name__}: {error}",
                    remedy=f"repair or uninstall the package {each.dist.name if each.dist else 'that adds it'}",
                ) from error
        return cls(added)

    def names(self) -> tuple[str, ...]:
        """Return the names of all services, without importing any."""
        return (*OWN, *(service.name for service in self._added))

    def __iter__(self) -> Iterator[AnyService]:
        return (self.get(name) for name in self.names())

    def get(self, name: str) -> AnyService:
        """Return the service called `name`.

        Raises:
            UsageProblem: there is none.
        """
        if name not in self._found:
            if name not in OWN:
                raise UsageProblem(f"no service {name!r}", why=f"there are {', '.join(self.names())}")
            self._found[name] = importlib.import_module(f"pgben_testkit.{name}.service").SERVICE
        return self._found[name]

    def usual(self) -> tuple[str, ...]:
        """Return the services that `run` and `up` give when none is named."""
        return tuple(service.name for service in self if service.usual)

    def options(self) -> tuple[Option, ...]:
        """Return the settings of the services that other packages add."""
        return tuple(option for service in self._added for option in service.options())
