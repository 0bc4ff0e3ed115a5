"""How long `pgben-testkit doctor` takes on a generated project, as a person sees it and part by part.

The tree has TypeScript and Python files in the proportions of a NestJS project (one file in four reads variables),
Kubernetes manifests and `.env` files. The command is run as a process, with its imports; parts are timed in this one.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from pgben_testkit.env import assess, tree
from pgben_testkit.env.code import read as code_reading
from pgben_testkit.env.contract_file import load
from pgben_testkit.env.sources import find

NAMES = list(load("pgben", Path.cwd()).variables)
BODY = """
  async {name}(dto: {kind}Dto, usuario: Usuario): Promise<{kind}> {{
    const encontrada = await this.repositorio.findOne({{ where: {{ id: dto.id, removed_at: null }} }});
    if (!encontrada) {{
      throw new NotFoundException(`{kind} ${{dto.id}} nao encontrada`);
    }}
    this.registro.log({{ acao: '{name}', usuario: usuario.id, quando: new Date().toISOString() }});
    return this.repositorio.save({{ ...encontrada, ...dto, atualizado_por: usuario.id }});
  }}
"""


def typescript(number: int, chosen: random.Random, methods: int, reading: int = 4) -> str:
    """A service with a few methods; one file in `reading` reads variables."""
    kind = f"Servico{number}"
    lines = [
        "import { Injectable, NotFoundException } from '@nestjs/common';",
        "",
        "@Injectable()",
        f"export class {kind} {{",
    ]
    if number % reading == 0:
        for name in chosen.sample(NAMES, 3):
            lines.append(f"  private readonly {name.lower()} = process.env.{name};")
    lines += [BODY.format(name=f"metodo{index}", kind=kind) for index in range(methods)]
    return "\n".join([*lines, "}", ""])


def write_tree(root: Path, *, files: int, manifests: int, dotenvs: int, methods: int, reading: int = 4) -> int:
    """The project; how many bytes of code it has."""
    chosen = random.Random(1)
    size = 0
    for number in range(files):
        folder = root / "src" / f"modulo{number % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        if number % 20 == 19:
            name = chosen.choice(NAMES)
            text = f"import os\n\nVALOR = os.environ.get({name!r})\n\n\ndef calcula(x):\n    return x + 1\n" * 5
            path = folder / f"tarefa{number}.py"
        else:
            text, path = typescript(number, chosen, methods, reading), folder / f"servico{number}.service.ts"
        path.write_text(text, "utf-8")
        size += len(text)
    (root / "src" / "todas.ts").write_text("\n".join(f"process.env.{name};" for name in NAMES), "utf-8")
    (root / "k8s").mkdir()
    for number in range(manifests):
        rows = "\n".join(f'  {name}: "{value(name)}"' for name in NAMES)
        (root / "k8s" / f"{number}.yaml").write_text(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config{number}\ndata:\n{rows}\n---\n"
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api{number}\nspec:\n  template:\n    spec:\n"
            f"      containers:\n        - name: api\n          envFrom:\n            - configMapRef:\n"
            f"                name: config{number}\n",
            "utf-8",
        )
    for number in range(dotenvs):
        text = "\n".join(f"{name}={value(name)}" for name in NAMES)
        (root / (".env" if number == 0 else f".env.cliente{number}")).write_text(text + "\n", "utf-8")
    (root / "pgben.env.toml").write_text('[contract]\nextends = "pgben"\n', "utf-8")
    return size


def value(name: str) -> str:
    """Something that is of no kind in particular: every check has work to do."""
    return "3000" if name.endswith("PORT") else f"valor-de-{name.lower()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--files", type=int, default=2000, help="files of code")
    parser.add_argument("--methods", type=int, default=8, help="methods in a file of TypeScript (about 500 bytes each)")
    parser.add_argument("--reading", type=int, default=4, help="one file of TypeScript in so many reads variables")
    parser.add_argument("--manifests", type=int, default=12, help="Kubernetes manifests")
    parser.add_argument("--dotenvs", type=int, default=5, help=".env files")
    parser.add_argument("--rounds", type=int, default=5, help="runs of the command")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        size = write_tree(
            root,
            files=given.files,
            manifests=given.manifests,
            dotenvs=given.dotenvs,
            methods=given.methods,
            reading=given.reading,
        )
        print(f"{given.files} files of code, {size / 1e6:.1f} MB; {given.manifests} manifests; {given.dotenvs} .env")
        command = [sys.executable, "-m", "pgben_testkit", "doctor", "--json", str(root)]
        whole = []
        for _ in range(given.rounds):
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"NO_COLOR": "1"})
            whole.append(time.perf_counter() - began)
            if done.returncode not in (0, 1):
                sys.exit(done.stderr.decode())
        print(
            f"doctor, everything, as a process: median {median(whole):.2f} s (of {given.rounds}: "
            f"{min(whole):.2f} to {max(whole):.2f})"
        )
        contract = load("pgben.env.toml", root)
        parts: dict[str, list[float]] = {}
        for _ in range(given.rounds):
            for name, work in {
                "walk the tree": lambda: tree.walk(root),
                "read the sources": lambda: find.gather(tree.walk(root)),
                "read the code": lambda: code_reading.read(tree.walk(root).code, root),
                "all of it, with checks": lambda: assess.of_project(root, contract),
            }.items():
                began = time.perf_counter()
                work()
                parts.setdefault(name, []).append(time.perf_counter() - began)
        for name, times in parts.items():
            print(f"{name}: median {median(times):.2f} s")


if __name__ == "__main__":
    main()
