"""Find the files of a project in one walk, without what others made, and ask git what is committed."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.env.sources import compose, dockerfile, kustomize, pytest_env

SKIPPED = frozenset(
    {
        "node_modules",
        "dist",
        "build",
        "out",
        "coverage",
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".next",
        ".nuxt",
        ".cache",
        "vendor",
        "target",
        ".terraform",
        ".idea",
        ".vscode",
        "htmlcov",
        ".eggs",
        "site-packages",
        ".yarn",
        ".pnpm-store",
    }
)
"""Folders that hold what was made or brought from elsewhere."""
DOTENV = re.compile(r"\.env(?:[.\-_][\w.\-]+)?|[\w.\-]+\.env|env\.(?:example|sample|template)", re.IGNORECASE)
CODE = {
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".py": "python",
}
MOST_FILES = 200_000
GIT_TIMEOUT_S = 10.0


@dataclass
class Tree:
    """Hold files by what they are. `tracked` None: git does not say what is committed."""

    root: Path
    dotenv: list[Path] = field(default_factory=list)
    compose: list[Path] = field(default_factory=list)
    dockerfiles: list[Path] = field(default_factory=list)
    kustomizations: list[Path] = field(default_factory=list)
    yaml: list[Path] = field(default_factory=list)
    settings: list[Path] = field(default_factory=list)
    code: list[Path] = field(default_factory=list)
    tracked: frozenset[str] | None = None

    def committed(self, path: str) -> bool:
        """Return whether the file at `path` (relative to the root) is committed; true where git does not say."""
        return self.tracked is None or path in self.tracked


def walk(root: Path, *, code: list[Path] | None = None, exclude: Sequence[str] = ()) -> Tree:
    """Return all files below `root` that may say something about the environment.

    `code` are the folders that code is looked for in; None: all. `exclude` are patterns of files and folders,
    relative to the root, that are left out.
    """
    tree = Tree(root)
    for number, path in enumerate(_files(root, exclude)):
        if number >= MOST_FILES:
            break
        sort_in(path, tree, code=code is None)
    for folder in code or ():
        if folder.is_file():
            tree.code.append(folder)
        tree.code.extend(path for path in _files(folder, exclude, root) if path.suffix in CODE)
    tree.tracked = tracked_files(root)
    return tree


def sort_in(path: Path, tree: Tree, *, code: bool = True) -> bool:
    """Add `path` to the list of `tree` that its name says; return whether it belongs to any."""
    name = path.name
    if name.endswith((".d.ts", ".min.js")):
        return False
    if path.suffix in CODE:
        if code:
            tree.code.append(path)
        return code
    if name in kustomize.FILES:
        tree.kustomizations.append(path)
    elif compose.FILE.fullmatch(name):
        tree.compose.append(path)
    elif path.suffix in (".yaml", ".yml"):
        tree.yaml.append(path)
    elif dockerfile.FILE.fullmatch(name):
        tree.dockerfiles.append(path)
    elif DOTENV.fullmatch(name) and name != ".envrc":
        tree.dotenv.append(path)
    elif name in pytest_env.INI or name in pytest_env.TOML or name == "tox.toml":
        tree.settings.append(path)
    else:
        return False
    return True


def _files(root: Path, exclude: Sequence[str] = (), base: Path | None = None) -> Iterator[Path]:
    def is_excluded(path: str) -> bool:
        shown = os.path.relpath(path, base or root)
        return any(fnmatch.fnmatchcase(shown, pattern.rstrip("/")) for pattern in exclude)

    for folder, folders, names in os.walk(root):
        chart = "Chart.yaml" in names
        folders[:] = sorted(
            each
            for each in folders
            if each not in SKIPPED
            and not (chart and each in ("templates", "charts"))
            and not os.path.exists(os.path.join(folder, each, "pyvenv.cfg"))
        )
        if exclude:
            folders[:] = [each for each in folders if not is_excluded(os.path.join(folder, each))]
            names = [each for each in names if not is_excluded(os.path.join(folder, each))]
        for name in sorted(names):
            yield Path(folder, name)


def tracked_files(root: Path) -> frozenset[str] | None:
    """Return the paths below `root` in git's index; None outside a repository, or without git."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)) or not shutil.which("git"):
        return None
    try:
        asked = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, timeout=GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if asked.returncode != 0:
        return None
    return frozenset(os.fsdecode(name) for name in asked.stdout.split(b"\0") if name)
