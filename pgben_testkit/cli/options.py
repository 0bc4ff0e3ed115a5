"""Give the commands what they share: settings from the environment and the ini, progress on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pgben_testkit import settings as settings_module
from pgben_testkit.errors import UsageProblem
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings


def read_settings(backend: str | None, *, schema: bool = True, registry: Registry | None = None) -> Settings:
    """Return the settings of the project in the current folder; `schema=False` asks for an empty database."""
    root = Path.cwd()
    ini = settings_module.ini_of(root)
    given: dict[str, object] = {"backend": backend}
    if not schema:
        given |= {"postgres_schema": "", "postgres_migrate": "", "postgres_migrate_inputs": ""}
    added = registry.options() if registry else ()
    return settings_module.read(root=root, command_line=given, ini=ini, added=added)


def check_writable(path: Path | None) -> None:
    """Before long work: that its result can be written.

    Raises:
        UsageProblem: there is no such folder.
    """
    if path is not None and not path.parent.is_dir():
        raise UsageProblem(
            f"{path} can't be written", why=f"there is no folder {path.parent}", remedy="make the folder"
        )


def write(path: Path, text: str) -> None:
    """Write a result.

    Raises:
        UsageProblem: it can't be written.
    """
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageProblem(f"{path} can't be written", why=why, remedy="name another file") from None


def progress() -> Announce:
    """Return what writes lines about long steps on standard error; nothing with `--quiet`."""
    context = click.get_current_context(silent=True)
    if context is not None and context.find_root().params.get("quiet"):
        return silent
    from pgben_testkit.report.progress import Patient

    return Patient(sys.stderr.write)


backend_option = click.option(
    "--backend", type=click.Choice(settings_module.BACKENDS), help="Where servers come from (default: auto)."
)
