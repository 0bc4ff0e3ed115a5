"""Define every setting once, and read its value: command line before environment before ini before default."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from pgben_testkit.errors import UsageProblem

Backend = Literal["auto", "container", "embedded", "external"]
Isolation = Literal["auto", "clone", "pool", "reset", "rollback"]
BACKENDS = ("auto", "container", "embedded", "external")
ENV_MODES = ("stop", "warn", "off")
PACES = ("auto", "jump", "scaled", "real")
ISOLATIONS = ("auto", "clone", "pool", "reset", "rollback")


@dataclass(frozen=True)
class Option:
    """Describe one setting: its option is `--pgben-NAME`, its variable `PGBEN_NAME`, its ini key `pgben_NAME`.

    `kind` is str, bool, int, float or words (a list, quoted as in a shell); a `secret` value is never shown.
    """

    name: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    kind: str = "str"
    secret: bool = False

    @property
    def flag(self) -> str:
        return "--pgben-" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "PGBEN_" + self.name.upper()


def setting(default: Any, help: str, **more: Any) -> Any:
    """Declare a field of `Settings` that is an `Option` of the field's name."""
    return field(default=default, metadata={"help": help, **more})


@dataclass(frozen=True, eq=False, repr=False)
class Settings:
    """All settings of a run, read once. Empty string or empty tuple: not set."""

    root: Path = field(default_factory=Path.cwd)

    backend: Backend = setting("auto", "where servers come from, for every service", choices=BACKENDS)
    postgres_backend: str = setting("", "the same for PostgreSQL alone", choices=BACKENDS)
    storage_backend: str = setting("", "the same for S3 alone; also `fake`, in memory", choices=(*BACKENDS, "fake"))
    redis_backend: str = setting("", "the same for Redis alone", choices=BACKENDS)

    postgres_url: str = setting("", "address of an external PostgreSQL (postgresql://user@host/db)", secret=True)
    postgres_image: tuple[str, ...] = setting(
        ("postgres:15",), "container image of PostgreSQL; more than one: the first that can be had", kind="words"
    )
    postgres_bin: str = setting("", "folder with the PostgreSQL server's binaries (initdb, postgres)")
    postgres_schema: tuple[str, ...] = setting(
        (), "SQL files, folders or globs that make the schema, in order", kind="words"
    )
    postgres_migrate: str = setting("", "command that migrates (DB_* set), or python:module:callable")
    postgres_migrate_inputs: tuple[str, ...] = setting(
        (), "globs of files that the migrate command reads: lets its result be cached between runs", kind="words"
    )
    postgres_migrate_timeout: float = setting(900.0, "seconds that the migrate command may take", kind="float")
    postgres_locale: str = setting("", "locale of the embedded cluster; default: C.UTF-8, or C where there is none")
    postgres_options: tuple[str, ...] = setting(
        (), "server options of our own PostgreSQL, as wal_level=logical", kind="words"
    )
    postgres_isolation: Isolation = setting("auto", "how a test's database is isolated", choices=ISOLATIONS)
    postgres_pool_size: int = setting(3, "databases made ahead by `pool`, a worker", kind="int")

    storage_url: str = setting("", "address of an external S3 server (http://host:port)")
    storage_access_key: str = setting("", "access key of the external S3 server", secret=True)
    storage_secret_key: str = setting("", "secret key of the external S3 server", secret=True)
    storage_region: str = setting("us-east-1", "region that the S3 server is asked in")
    storage_image: tuple[str, ...] = setting(
        (
            "minio/minio:RELEASE.2025-09-07T16-13-09Z",
            "coollabsio/minio:RELEASE.2025-10-15T17-29-55Z",
        ),
        "container image of MinIO; more than one: the first that can be had",
        kind="words",
    )
    storage_bin: str = setting("", "the `weed` binary of SeaweedFS")
    storage_gate: bool = setting(
        True, "stand before the embedded S3 server and refuse what S3 refuses and it doesn't", kind="bool"
    )
    storage_buckets: int = setting(16, "buckets at most that tests hold at one time, a run", kind="int")

    redis_url: str = setting("", "address of an external Redis (redis://:password@host:port/number)", secret=True)
    redis_image: tuple[str, ...] = setting(
        ("redis:7",), "container image of Redis; more than one: the first that can be had", kind="words"
    )
    redis_bin: str = setting("", "the redis-server program")
    redis_databases: int = setting(64, "numbered databases that the Redis of a run has", kind="int")

    pull: bool = setting(True, "pull an image that the engine lacks", kind="bool")
    pull_timeout: float = setting(120.0, "seconds that the pulls of a service's images may take together", kind="float")
    env_contract: str = setting("", "contract of the environment: a TOML file, python:module:Class, or pgben")
    env: str = setting("stop", "when the environment breaks its contract", choices=ENV_MODES)
    env_files: tuple[str, ...] = setting(
        (), ".env files that the test run has, or none; default: .env.test and .env", kind="words"
    )
    metrics_catalogue: str = setting("", "catalogue of metrics (YAML) that pgben_metrics holds endpoints against")
    prometheus_bin: str = setting("", "the prometheus program; default: the one on the PATH")
    alertmanager_bin: str = setting("", "the alertmanager program; default: the one on the PATH")
    prometheus_image: tuple[str, ...] = setting(
        (),
        "container image of Prometheus, instead of the program; more than one: the first that can be had",
        kind="words",
    )
    alertmanager_image: tuple[str, ...] = setting(
        (),
        "container image of Alertmanager, instead of the program; more than one: the first that can be had",
        kind="words",
    )
    prometheus_config: str = setting("", "Prometheus' configuration, rule files included")
    alert_rules: tuple[str, ...] = setting((), "rule files or globs, besides those of the configuration", kind="words")
    alertmanager_config: str = setting("", "Alertmanager's configuration")
    alerts_pace: str = setting("auto", "how time passes in the alert laboratory", choices=PACES)
    alert_scenarios: tuple[str, ...] = setting(
        (), "globs of alert scenarios (*.alerts.yml): each scenario is a test", kind="words"
    )
    alerts_always: tuple[str, ...] = setting(
        (), "alerts that fire at all times, as a dead man's switch: no_other_alerts lets them", kind="words"
    )
    seed: str = setting("", "seed of the data factories; default: another in each run, named when a test fails")

    keep_failed: bool = setting(False, "keep the databases of failing tests, and say how to open them", kind="bool")
    stats: bool = setting(False, "say at the end what the environment cost", kind="bool")
    warm: bool = setting(True, "use the servers that `pgben-testkit up` keeps warm", kind="bool")
    cache_dir: str = setting("", "where prepared data folders are kept between runs")
    data_dir: str = setting("", "where servers put their data; default: /dev/shm where there is room")
    start_timeout: float = setting(60.0, "seconds that a server may take to start", kind="float")

    added: Mapping[str, Any] = field(default_factory=dict)
    """Settings of services that other packages add: name -> value."""

    def get(self, name: str) -> Any:
        """Return the value of the setting `name`, of an added service too."""
        return self.added[name] if name in self.added else getattr(self, name)

    def backend_of(self, service: str) -> str:
        """Return the backend asked for `service`: its own setting, else the common one."""
        name = f"{service}_backend"
        return self.added.get(name) or getattr(self, name, "") or self.backend

    def with_backend(self, service: str, backend: str) -> Settings:
        """Return these settings with another backend for `service`."""
        name = f"{service}_backend"
        if name in self.added:
            return replace(self, added={**self.added, name: backend})
        changed: Any = {name: backend}
        return replace(self, **changed)


TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


def _to_bool(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"allowed: {', '.join(TRUE_WORDS + FALSE_WORDS)}")


def _to_positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("allowed: a number above 0")
    return number


def _to_count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("allowed: a whole number of 1 or more")
    return number


_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bool": _to_bool,
    "int": _to_count,
    "float": _to_positive,
    "words": lambda text: tuple(shlex.split(text)),
}


def options() -> tuple[Option, ...]:
    """Return the settings of the kit itself, in the order in which they are listed."""
    return tuple(Option(each.name, each.default, **each.metadata) for each in fields(Settings) if each.metadata)


def _parse(option: Option, raw: Any, origin: str) -> Any:
    if not isinstance(raw, str):
        raw = shlex.join(raw) if isinstance(raw, list | tuple) else str(raw)
    shown = "(hidden)" if option.secret else repr(raw)
    try:
        value = _PARSERS[option.kind](raw)
    except ValueError as error:
        raise UsageProblem(
            f"{origin} has the value {shown}",
            why=f"{option.name} takes a {option.kind}: {error}",
            remedy=f"give {origin} a value that is allowed",
        ) from None
    if option.choices and value and value not in option.choices:
        raise UsageProblem(
            f"{origin} has the value {shown}",
            why=f"allowed: {', '.join(option.choices)}",
            remedy=f"give {origin} one of these",
        )
    return value


def read(
    *,
    root: Path,
    command_line: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    ini: Mapping[str, Any] | None = None,
    added: Iterable[Option] = (),
) -> Settings:
    """Read the settings by precedence. A source that lacks a name, or holds None, decides nothing.

    `added` are the options of services that other packages add: their values are in `Settings.added`.

    Raises:
        UsageProblem: a value is of the wrong kind; its source is named.
    """
    environ = os.environ if environ is None else environ

    def value(option: Option) -> Any:
        for source, key, origin in (
            (command_line or {}, option.name, option.flag),
            (environ, option.variable, option.variable),
            (ini or {}, option.name, f"ini pgben_{option.name}"),
        ):
            raw = source.get(key)
            if raw is not None:
                return _parse(option, raw, origin)
        return option.default

    own = {option.name: value(option) for option in options()}
    return Settings(root=root, **own, added={option.name: value(option) for option in added})


class BrokenIni(UsageProblem):
    """A settings file that can't be parsed. Nothing of its text is told: the line may hold a secret."""

    def __init__(self, path: Path, line: int, kind: str) -> None:
        self.path = path
        self.line = line
        self.kind = kind
        super().__init__(
            f"{path}{f':{line}' if line else ''} can't be read", why=f"it is no {kind}", remedy="mend the file"
        )


def ini_of(root: Path) -> dict[str, str]:
    """The `pgben_*` ini values of a project, as pytest would find them in `root`: for commands outside pytest.

    Read in pytest's order (pytest.ini, pyproject.toml, tox.ini, setup.cfg); the first file that has a pytest
    section counts. Keys come without their `pgben_`.

    Raises:
        BrokenIni: one of them can't be parsed.
    """
    import tomllib

    import iniconfig

    def ours(section: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for key, value in section.items():
            if key.startswith("pgben_"):
                found[key[6:]] = shlex.join(map(str, value)) if isinstance(value, list) else str(value)
        return found

    for name, section in (
        ("pytest.ini", "pytest"),
        (".pytest.ini", "pytest"),
        ("pyproject.toml", ""),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ):
        path = root / name
        if not path.is_file():
            continue
        kind = "TOML" if name == "pyproject.toml" else "ini"
        try:
            text = path.read_bytes().decode("utf-8-sig")
            if kind == "TOML":
                tool = _table(tomllib.loads(text), "tool", "pytest")
                if tool:
                    return ours({**tool, **_table(tool, "ini_options")})
                continue
            sections = iniconfig.IniConfig(str(path), data=text).sections
            if section in sections:
                return ours(sections[section])
        except iniconfig.ParseError as error:
            raise BrokenIni(path, error.lineno + 1, kind) from None
        except UnicodeDecodeError as error:
            raise BrokenIni(path, error.object.count(b"\n", 0, error.start) + 1, "UTF-8") from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"at line (\d+), column \d+\)$", str(error))
            last = text.count("\n") + 1 if "at end of document" in str(error) else 0
            raise BrokenIni(path, int(line[1]) if line else last, kind) from None
        except OSError as error:
            raise UsageProblem(f"{path} can't be read", why=error.strerror or "", remedy="make it readable") from None
    return {}


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
