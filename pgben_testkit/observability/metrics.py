"""What a test does with metrics: fetch them, see what moved, hold them against the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.checking import comments, registry
from pgben_testkit.checking.disable import Disabled, settle
from pgben_testkit.checking.finding import Finding
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import scrape
from pgben_testkit.observability.catalogue import Catalogue, load
from pgben_testkit.observability.checks.metrics import CHECKS
from pgben_testkit.observability.exposition import Exposition, Labels
from pgben_testkit.observability.held import Held, hold


class NotAsCatalogued(AssertionError):
    """An endpoint's metrics are not what the catalogue says. `findings` has each one."""

    def __init__(self, source: str, findings: Sequence[Finding]) -> None:
        lines = [f"{source} is not as its catalogue says:"]
        for each in findings:
            lines.append(f"  {each.check} ({each.severity}): {each.summary}")
            lines += [f"    {text}" for text in (each.reason, each.remedy) if text]
        super().__init__("\n".join(lines))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Changes:
    """What moved between two scrapes. `moved`: (sample name, labels) -> new value less the old; a series that is new
    counts from zero."""

    moved: Mapping[tuple[str, Labels], float]
    gone: frozenset[tuple[str, Labels]]

    def by(self, name: str, **labels: str) -> float:
        """By how much the samples called `name` with these labels moved, together; 0 where none did."""
        wanted = labels.items()
        return sum(by for (sample, has), by in self.moved.items() if sample == name and wanted <= dict(has).items())

    @property
    def names(self) -> frozenset[str]:
        """The samples that moved."""
        return frozenset(name for name, _ in self.moved)


def compare(before: Exposition, now: Exposition) -> Changes:
    """What moved from one scrape to the next."""
    old, new = before.values(), now.values()
    moved = {key: value - old.get(key, 0.0) for key, value in new.items() if value != old.get(key, 0.0)}
    return Changes(moved, frozenset(old.keys() - new.keys()))


def look(held: Held) -> tuple[tuple[Finding, ...], tuple[Disabled, ...]]:
    """Run every check of metrics over `held`; return what is found, and what comments switch off.

    Comments stand in the catalogue, or in the file that the exposition was read from.
    """
    own = comments.of_files([Path(held.catalogue.source), Path(held.now.source)])
    return settle(CHECKS.run(held), own, ran=CHECKS.ids(), complete=False)


class Metrics:
    """The tool of a test. `catalogue`: the project's, where it has one; a call may name another."""

    def __init__(self, catalogue: Path | None = None) -> None:
        self._path = catalogue
        self._loaded: dict[Path, Catalogue] = {}

    def scrape(
        self,
        url: str,
        *,
        timeout_s: float = scrape.TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
        bearer_token_file: Path | str | None = None,
        ca_file: Path | str | None = None,
    ) -> Exposition:
        """What a URL, or a file, exports now; see `scrape.read` for what it raises, `scrape.Access` for the rest."""
        access = scrape.Access(headers or {}, bearer_token_file, ca_file)
        return scrape.read(url, timeout_s=timeout_s, access=access)

    def compare(self, before: Exposition, now: Exposition) -> Changes:
        """What moved from one scrape to the next: `.by(name, **labels)`, `.names`, `.gone`."""
        return compare(before, now)

    def check(
        self,
        what: str | Exposition,
        *,
        catalogue: Path | str | Catalogue | None = None,
        exporter: str = "",
        before: Exposition | None = None,
        ignore: Sequence[str] = (),
    ) -> tuple[Finding, ...]:
        """The findings of a URL, a file or a scrape. `before`: an earlier scrape; `ignore`: ids of checks.

        Raises:
            UsageProblem: there is no catalogue, it is broken, or `ignore` names no check.
        """
        registry.demand(ignore, by="ignore")
        now = self.scrape(what) if isinstance(what, str) else what
        held = hold(now, self._catalogue(catalogue), exporter=exporter, before=before)
        return tuple(each for each in look(held)[0] if each.check not in ignore)

    def assert_as_catalogued(
        self,
        what: str | Exposition,
        *,
        catalogue: Path | str | Catalogue | None = None,
        exporter: str = "",
        before: Exposition | None = None,
        ignore: Sequence[str] = (),
    ) -> None:
        """As `check`.

        Raises:
            NotAsCatalogued: there is any finding.
        """
        __tracebackhide__ = True
        now = self.scrape(what) if isinstance(what, str) else what
        found = self.check(now, catalogue=catalogue, exporter=exporter, before=before, ignore=ignore)
        if found:
            raise NotAsCatalogued(now.source, found)

    def _catalogue(self, given: Path | str | Catalogue | None) -> Catalogue:
        if isinstance(given, Catalogue):
            return given
        path = Path(given) if given is not None else self._path
        if path is None:
            raise UsageProblem(
                "there is no catalogue of metrics",
                why="none is given and the ini names none",
                remedy="set pgben_metrics_catalogue to a file, or give catalogue=...",
            )
        if path not in self._loaded:
            self._loaded[path] = load(path)
        return self._loaded[path]
