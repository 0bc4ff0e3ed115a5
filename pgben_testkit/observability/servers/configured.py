"""A user's Prometheus configuration, made to run here: only addresses are replaced, and each change is told."""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem

DISCOVERY = "_sd_configs"
LOGINS = (
    "authorization",
    "basic_auth",
    "bearer_token",
    "bearer_token_file",
    "oauth2",
    "tls_config",
    "proxy_url",
    "proxy_from_environment",
    "no_proxy",
    "follow_redirects",
    "enable_http2",
)
"""Parts of a scrape or alerting configuration that belong to an address which is not asked here."""
_SECRET = re.compile(r"(password|secret|token|credentials|secret_key)$")
AWAY = ("remote_write", "remote_read", "tracing")
"""Parts that would send what is measured here to somebody else."""
HERE = "__pgben_testkit_address__"
"""The label that holds where a target is on this machine."""
STAYS_HERE: tuple[dict[str, Any], ...] = (
    {"action": "keep", "source_labels": [HERE], "regex": ".+"},
    {"source_labels": [HERE], "target_label": "__address__"},
    {"target_label": "__scheme__", "replacement": "http"},
)
"""End the relabelling of each job with these rules: whatever address the user's rules made, as for a blackbox
exporter, only this machine is asked. Until then `__address__` is the one in the configuration. A target that lost the
label `HERE` is dropped."""
NONE = "(none)"
"""What a configuration is called that nobody wrote."""


@dataclass(frozen=True)
class Job:
    """A scrape job of the configuration. `targets`: address and labels of its static ones; `discovers`: the kinds of
    service discovery that it uses besides."""

    name: str
    targets: tuple[tuple[str, Mapping[str, str]], ...]
    discovers: tuple[str, ...]
    path: str


@dataclass(frozen=True)
class Endpoint:
    """Where a target of a job is to be found here. `instance`: the label that it gets; `labels`: more of them, names
    beginning with `__` (as `__meta_kubernetes_pod_name`) included."""

    address: str
    instance: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass
class PrometheusConfig:
    """A configuration as written, `data`, and where: relative names in it count from `folder`."""

    data: dict[str, Any]
    folder: Path
    name: str

    @classmethod
    def load(cls, path: Path) -> PrometheusConfig:
        """Raises UsageProblem: no such file, no YAML, no mapping."""
        data = read_yaml(path)
        for pattern in data.pop("scrape_config_files", None) or []:
            for each in sorted(path.parent.glob(pattern)):
                data.setdefault("scrape_configs", []).extend(read_yaml(each).get("scrape_configs") or [])
        return cls(data, path.parent.resolve(), str(path))

    @classmethod
    def empty(cls, folder: Path, jobs: Sequence[str] = ()) -> PrometheusConfig:
        """Where the user has rules and no Prometheus configuration: 15 s everywhere, a job of each name."""
        data = {
            "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
            "scrape_configs": [{"job_name": name} for name in jobs],
        }
        return cls(data, folder, NONE)

    @property
    def jobs(self) -> dict[str, Job]:
        """job name -> job."""
        return {str(each["job_name"]): _job(each) for each in self.data.get("scrape_configs") or []}

    def job(self, name: str) -> Job:
        """The job of this name. Where no configuration was loaded, every job that is asked for is there.

        Raises:
            UsageProblem: the loaded configuration has no such job.
        """
        jobs = self.jobs
        if name in jobs:
            return jobs[name]
        if self.name != NONE:
            raise UsageProblem(
                f"no scrape job is called {name}",
                why=f"{self.name} has {', '.join(jobs)}",
                remedy="use one of these, or add the job to the configuration",
            )
        self.data["scrape_configs"].append({"job_name": name})
        return self.jobs[name]

    @property
    def rule_files(self) -> list[str]:
        """Globs of rule files, absolute."""
        return [str(self.folder / each) for each in self.data.get("rule_files") or []]

    def here(
        self, endpoints: Mapping[str, Sequence[Endpoint]], alertmanager: str, rule_files: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The same configuration with targets (job -> endpoints) and Alertmanager (`host:port`, or empty) of ours;
        jobs that are not named have no targets. `rule_files` are added to its own.
        """
        made = {key: value for key, value in self.data.items() if key not in AWAY}
        made["rule_files"] = [*self.rule_files, *rule_files]
        made["scrape_configs"] = [
            _redirected(each, endpoints.get(str(each["job_name"]), ()))
            for each in self.data.get("scrape_configs") or []
        ]
        alerting = {key: value for key, value in (self.data.get("alerting") or {}).items() if key != "alertmanagers"}
        if alertmanager:
            alerting["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
        made["alerting"] = alerting
        made["global"] = {
            key: value for key, value in (self.data.get("global") or {}).items() if not key.endswith("_file")
        }
        return made


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping.

    Raises:
        UsageProblem: it can't be read, or is something else; with the line.
    """
    yaml = extras.need("yaml", "PyYAML", what="the file can't be read", extra="observability")
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageProblem(f"{path} can't be read", why=error.strerror or "", remedy="name an existing file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageProblem(f"{path}{line} is no YAML", why=str(error).splitlines()[0], remedy="mend the file") from None
    if not isinstance(data, dict):
        raise UsageProblem(f"{path} holds no mapping", why="a configuration is one", remedy="name the right file")
    return data


def as_yaml(data: Mapping[str, Any]) -> str:
    yaml = extras.need("yaml", "PyYAML", what="the file can't be written", extra="observability")
    text: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=1000)
    return text


def folders(config: Mapping[str, Any]) -> list[Path]:
    """Where the files lie that a configuration names (`rule_files`, `templates`, `*_file`; absolute), as it names them
    and, where a name is a link, as they are. Names that match nothing have none."""
    files = [Path(found) for each in _named(config) for found in glob.glob(each)]
    return sorted({place for file in files for place in (file.parent, file.resolve().parent)})


def _named(data: Any, key: str = "") -> Iterator[str]:
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _named(value, str(name))
    elif isinstance(data, list | tuple):
        for each in data:
            yield from _named(each, key)
    elif isinstance(data, str) and (key in ("rule_files", "templates") or key.endswith("_file")):
        yield data


def diff(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> str:
    """What was replaced, as a unified diff without secrets; empty if nothing."""
    lines = difflib.unified_diff(
        as_yaml(_masked(before)).splitlines(),
        as_yaml(_masked(after)).splitlines(),
        name,
        f"{name} (as run here)",
        lineterm="",
        n=2,
    )
    return "\n".join(lines)


def _masked(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {
            key: "(hidden)" if isinstance(value, str) and _SECRET.search(str(key)) else _masked(value)
            for key, value in data.items()
        }
    return [_masked(each) for each in data] if isinstance(data, list) else data


def _job(scrape: Mapping[str, Any]) -> Job:
    targets = [
        (str(target), {str(key): str(value) for key, value in (each.get("labels") or {}).items()})
        for each in scrape.get("static_configs") or []
        for target in each.get("targets") or []
    ]
    return Job(
        name=str(scrape["job_name"]),
        targets=tuple(targets),
        discovers=tuple(key[: -len("_configs")] for key in scrape if key.endswith(DISCOVERY)),
        path=str(scrape.get("metrics_path") or "/metrics"),
    )


def _redirected(scrape: Mapping[str, Any], endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    made = {
        key: value
        for key, value in scrape.items()
        if not key.endswith(DISCOVERY) and key not in (*LOGINS, "static_configs", "scheme")
    }
    if endpoints:
        made["static_configs"] = [
            {"targets": [each.instance], "labels": {**each.labels, "instance": each.instance, HERE: each.address}}
            for each in endpoints
        ]
        made["relabel_configs"] = [*(scrape.get("relabel_configs") or []), *STAYS_HERE]
    return made
