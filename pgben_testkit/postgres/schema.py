"""Load the user's schema: SQL files in order, a migrate command, or a Python callable; and compute its fingerprint."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import SchemaFailed, UsageProblem
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.script import NotSql, Statement, statements
from pgben_testkit.services.run import RUN_VARIABLE
from pgben_testkit.settings import Settings

if TYPE_CHECKING:
    import psycopg

SHOWN_CHARACTERS = 300
SHOWN_LINES = 20
PYTHON_PREFIX = "python:"
EXTENSION_REMEDY = (
    "use a PostgreSQL that has it: the system's (Debian: apt-get install postgresql), another folder with"
    " --pgben-postgres-bin, or an external server with PGBEN_POSTGRES_URL"
)


TEMPLATES = 2
"""Raised when templates are made in another way, so that those of older versions are not used."""


@dataclass(frozen=True)
class Schema:
    """What makes the template. `command` is run after the files. Nothing in it: an empty database."""

    root: Path
    files: tuple[Path, ...] = ()
    command: str = ""
    inputs: tuple[Path, ...] = ()
    timeout_s: float = 900.0
    run_id: str = ""
    """Marks the command's processes, so that they end with the run however it ends."""

    def key(self) -> str | None:
        """A hash of all that the schema is made from; None where that can't be known, and so not be cached:
        a command whose inputs were not named."""
        own = self._callable_file()
        if self.command and not self.inputs:  # of a callable too: what it imports, and reads, nobody knows
            return None
        digest = hashlib.sha256(f"{TEMPLATES}:{self.command}".encode())
        for path in (*self.files, *self.inputs, *own):
            digest.update(b"\0" + _relative(path, self.root).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]

    def _callable_file(self) -> tuple[Path, ...]:
        if not self.command.startswith(PYTHON_PREFIX):
            return ()
        module = self.command.removeprefix(PYTHON_PREFIX).partition(":")[0]
        with _importable(self.root):
            spec = importlib.util.find_spec(module)
        if spec is None or not spec.origin:
            raise _no_callable(self.command, f"there is no module {module}")
        return (Path(spec.origin),)

    def load(self, database: Database) -> None:
        """The database has the schema.

        Raises:
            SchemaFailed: with the file and line, the statement, and the server's own message.
        """
        if self.files:
            with database.connect(autocommit=True, prepare_threshold=None) as connection:
                for path in self.files:
                    load_file(connection, path, self.root)
        if self.command.startswith(PYTHON_PREFIX):
            _callable(self.command, self.root)(database)
        elif self.command:
            run_command(self.command, database, self.root, self.timeout_s, self.run_id)


def of(settings: Settings, run_id: str = "") -> Schema:
    """The schema that the settings name.

    Raises:
        UsageProblem: a path that names nothing.
    """
    return Schema(
        settings.root,
        _expand(settings.postgres_schema, settings.root, "postgres_schema", suffix=".sql"),
        settings.postgres_migrate,
        _expand(settings.postgres_migrate_inputs, settings.root, "postgres_migrate_inputs"),
        settings.postgres_migrate_timeout,
        run_id,
    )


def _expand(patterns: Iterable[str], root: Path, setting: str, *, suffix: str = "") -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        path = path if path.is_absolute() else root / path
        if path.is_file():
            matches = [path]
        elif path.is_dir():
            matches = sorted(each for each in path.rglob(f"*{suffix}") if each.is_file())
        else:
            base = Path(path.anchor)
            matches = sorted(each for each in base.glob(str(path.relative_to(base))) if each.is_file())
        if not matches:
            raise UsageProblem(
                f"{setting} names {pattern}, and there is no such file",
                why=f"looked for {path}" + (f", for *{suffix} below it" if path.is_dir() else ""),
                remedy=f"name a file, a folder with *{suffix or ''} files or a glob, relative to {root}",
            )
        found |= dict.fromkeys(matches)
    return tuple(found)


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def load_file(connection: psycopg.Connection[Any], path: Path, root: Path) -> None:
    """Run a file statement by statement, as `psql -f` does."""
    import psycopg

    shown = _relative(path, root)
    try:
        sql = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaFailed(
            f"{shown} is not UTF-8", why=f"byte {error.start}: {error.reason}", remedy="save the file as UTF-8"
        ) from None
    try:
        for statement in statements(sql):
            try:
                _execute(connection, statement)
            except psycopg.Error as error:
                raise _failed(shown, statement, error) from None
    except NotSql as error:
        raise SchemaFailed(
            f"{shown}:{error.line}: {error} is not SQL",
            why="the file is sent to the server, and only psql knows its backslash commands",
            remedy=f"take it out, or load the file by psql: postgres_migrate = psql -v ON_ERROR_STOP=1 -f {shown}",
        ) from None


def _execute(connection: psycopg.Connection[Any], statement: Statement) -> None:
    if statement.data is None:
        connection.execute(statement.text.encode())
        return
    with connection.cursor().copy(statement.text.encode()) as copy:
        copy.write(statement.data)


def _failed(shown: str, statement: Statement, error: psycopg.Error) -> SchemaFailed:
    diagnosis = error.diag
    line = statement.line
    if diagnosis.statement_position:
        line += statement.text.count("\n", 0, int(diagnosis.statement_position) - 1)
    message = diagnosis.message_primary or str(error).splitlines()[0]
    if diagnosis.message_detail:
        message += "; " + without_values(diagnosis.message_detail)
    if diagnosis.message_hint:
        message += f" (hint: {diagnosis.message_hint})"
    lacks_extension = "extension" in message and ("not available" in message or "control file" in message)
    return SchemaFailed(
        f"{shown}:{line}: the schema doesn't load: {_shortened(statement.text)}",
        why=f"the server says: {message}",
        remedy=EXTENSION_REMEDY if lacks_extension else "mend the statement; nothing was cached",
    )


def without_values(detail: str) -> str:
    """A server's detail with the rows' values taken out: `Key (cpf)=(...)`; they may be personal data."""
    return re.sub(r"=\((?:[^()]|\([^()]*\))*\)", "=(...)", re.sub(r"row contains \(.*\)", "row contains (...)", detail))


def _shortened(text: str) -> str:
    """The statement on one line, the values of an INSERT left out."""
    text = (
        re.split(r"\bvalues\b", text, maxsplit=1, flags=re.IGNORECASE)[0]
        if re.match(r"\s*insert\b", text, re.IGNORECASE)
        else text
    )
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS] + " ..."


def run_command(command: str, database: Database, root: Path, timeout_s: float, run_id: str = "") -> None:
    """Run a migration command in `root` with the database's address in its environment: DB_*, PG*, DATABASE_URL."""
    env = os.environ | database.env()
    if run_id:
        env[RUN_VARIABLE] = run_id
    try:
        process = subprocess.Popen(
            shlex.split(command),
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise SchemaFailed(
            f"the migration command can't be started: {command}",
            why=f"{error.strerror}: {error.filename}",
            remedy="check postgres_migrate; it is run in the project's root, without a shell",
        ) from None
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise SchemaFailed(
            f"the migration command did not end: {command}",
            why=f"still running after {timeout_s:g} s",
            remedy="raise --pgben-postgres-migrate-timeout, or see whether it waits for an answer",
        ) from None
    finally:
        if process.poll() is None:  # the time is over, or somebody pressed ctrl-C
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        text = output.decode("utf-8", "replace")
        if database.password:
            text = text.replace(database.password, "***")
        lines = "".join(f"\n    {each}" for each in text.splitlines()[-SHOWN_LINES:])
        raise SchemaFailed(
            f"the migration command failed with exit code {process.returncode}: {command}",
            why=f"its output ends with:{lines}" if lines else "it printed nothing",
            remedy="run it by hand under `pgben-testkit run --db --no-schema -- ...`; nothing was cached",
        )


class _importable:
    """The project's root at the front of sys.path."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)

    def __enter__(self) -> None:
        sys.path.insert(0, self._root)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self._root)


def _callable(spec: str, root: Path) -> Callable[[Database], object]:
    module, _, name = spec.removeprefix(PYTHON_PREFIX).partition(":")
    try:
        with _importable(root):
            found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise _no_callable(spec, str(error)) from None
    if not callable(found):
        raise _no_callable(spec, f"{name} can't be called")

    def call(database: Database) -> object:
        with _importable(root):
            try:
                return found(replace(database))
            except Exception as error:
                raise SchemaFailed(
                    f"{spec} failed",
                    why=f"{type(error).__name__}: {error} ({_last_line(error, root)})",
                    remedy="mend it; it is called with the database: dsn, url(), env(), connect(); nothing was cached",
                ) from error

    return call


def _last_line(error: Exception, root: Path) -> str:
    """The file and line below `root` where it happened, or else where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if Path(each.filename).is_relative_to(root) and "site-packages" not in each.filename]
    place = (own or frames)[-1]
    return f"{_relative(Path(place.filename), root)}:{place.lineno}"


def _no_callable(spec: str, why: str) -> UsageProblem:
    return UsageProblem(
        f"postgres_migrate names {spec}", why=why, remedy="write python:package.module:function, seen from the root"
    )
