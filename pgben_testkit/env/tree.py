"""Find the files of a project in one walk, without what others made, and ask git what is committed."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
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
_FOREIGN = """
    .go .java .kt .kts .scala .groovy .rb .erb .php .cs .fs .vb .rs .ex .exs .erl .clj .swift .c .h .cc .cpp .hpp .m
    .dart .lua .pl .pm .r .jl .hs .vue .svelte .astro .elm .cr .nim .zig .ml .lisp .coffee
"""
FOREIGN = frozenset(_FOREIGN.split())
"""Suffixes of languages that are not parsed: what such a file reads is not known."""
_MENTIONING = """
    .sh .bash .zsh .fish .bat .ps1 .mk .conf .cfg .tmpl .tpl .j2 .jinja .template .prisma .json .html .service .sql
    .properties .xml .tf .hcl .nix .mako .graphql
"""
MENTIONING = frozenset(_MENTIONING.split())
MENTIONING_NAMES = re.compile(r"(?:GNU)?[Mm]akefile|[Jj]ustfile|Procfile|Jenkinsfile|Taskfile|Vagrantfile|\.envrc")
"""Files that may read a variable without being code that is parsed: a script, a template, a task."""
_PACKAGE = """
    package.json pyproject.toml setup.py setup.cfg requirements.txt manage.py go.mod Cargo.toml pom.xml composer.json
    Gemfile build.gradle
"""
PACKAGE = frozenset(_PACKAGE.split())
"""Files that make their folder a package: an application or a library of its own."""
KEY = re.compile(r".+\.(?:pem|key|ppk)|id_(?:rsa|dsa|ecdsa|ed25519)")
"""Files that hold a key by their name."""
LARGEST_MENTIONING_BYTES = 300_000
LOCKS = frozenset({"package-lock.json", "composer.lock", "pnpm-lock.yaml"})
MOST_FILES = 200_000
GIT_TIMEOUT_S = 10.0


@dataclass
class Tree:
    """Hold files by what they are.

    `tracked` None: git does not say what is committed. `foreign` are files of languages that are not parsed, `others`
    texts that may read a variable, `keys` files that hold a key by their name, `packages` the folders of applications
    and libraries, relative to the root.
    """

    root: Path
    dotenv: list[Path] = field(default_factory=list)
    compose: list[Path] = field(default_factory=list)
    dockerfiles: list[Path] = field(default_factory=list)
    kustomizations: list[Path] = field(default_factory=list)
    yaml: list[Path] = field(default_factory=list)
    settings: list[Path] = field(default_factory=list)
    code: list[Path] = field(default_factory=list)
    tracked: frozenset[str] | None = None
    foreign: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    keys: list[Path] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)

    def committed(self, path: str) -> bool:
        """Return whether the file at `path` (relative to the root) is committed; true where git does not say."""
        return self.tracked is None or path in self.tracked

    def package_of(self, path: str) -> str:
        """Return the innermost folder of a package that the file at `path` (relative to the root) lies in."""
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self.packages:
                return folder
        return ""


def walk(root: Path, *, code: list[Path] | None = None, exclude: Sequence[str] = ()) -> Tree:
    """Return all files below `root` that may say something about the environment.

    `code` are the folders that code is looked for in; None: all. `exclude` are patterns of files and folders,
    relative to the root, that are left out.
    """
    tree = Tree(root)
    for number, path in enumerate(_files(root, exclude)):
        if number >= MOST_FILES:
            break
        if path.name in PACKAGE:
            tree.packages.add(os.path.relpath(path.parent, root).removeprefix("."))
        if KEY.fullmatch(path.name):
            tree.keys.append(path)
        if not sort_in(path, tree, code=code is None) and path.suffix not in CODE:
            if path.suffix in FOREIGN:
                tree.foreign.append(path)
            elif path.suffix in MENTIONING or MENTIONING_NAMES.fullmatch(path.name):
                tree.others.append(path)
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


def mentioned(tree: Tree, names: Collection[str]) -> set[str]:
    """Return those of `names` that a script, a template or a task mentions, or that YAML or a Dockerfile fills in."""
    left = set(names)
    found: set[str] = set()
    filling = [*tree.yaml, *tree.compose, *tree.dockerfiles, *tree.kustomizations]
    for number, path in enumerate([*tree.others, *filling]):
        if not left - found:
            break
        try:
            if path.stat().st_size > LARGEST_MENTIONING_BYTES or path.name in LOCKS:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        fills = number >= len(tree.others)
        found |= {name for name in left - found if name in text and _mentions(text, name, fills=fills)}
    return found


def _mentions(text: str, name: str, *, fills: bool) -> bool:
    """Whether a text reads `name`: as a word, or where it only `fills` values as `$NAME` behind another name."""
    if not fills:
        return re.search(rf"(?<![A-Z0-9_]){name}(?![A-Z0-9_])", text) is not None
    for match in re.finditer(rf"\$[{{(]{{0,2}}\s*{name}(?![A-Z0-9_])", text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not re.search(rf"(?<![A-Z0-9_]){name}[\"']?\s*[:=]", line):  # `X: ${{X}}` hands it on, and reads nothing
            return True
    return False


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
