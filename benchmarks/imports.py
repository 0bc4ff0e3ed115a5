"""What loading the plugin costs a suite that uses no fixture of it: processor time of whole
pytest processes, over the same with an empty plugin.

python benchmarks/imports.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from statistics import median

from rows import Row, Rows, main, project


def rows(options: argparse.Namespace) -> Rows:
    env = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env["PYTHONPATH"] = "."
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # or each run compiles what it imports
    with project(
        {"test_none.py": "def test_none(): pass\n", "pytest.ini": "[pytest]\n", "empty_plugin.py": ""}
    ) as folder:

        def seconds(*words: str) -> float:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", *words], cwd=folder, env=env, stdout=subprocess.DEVNULL
            )
            _, status, used = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"pytest {' '.join(words)} failed")
            return used.ru_utime + used.ru_stime

        seconds("-p", "pgben_testkit")
        pairs = [(seconds("-p", "empty_plugin"), seconds("-p", "pgben_testkit")) for _ in range(options.rounds * 4)]
        bare = median(without for without, _ in pairs)
        extra = median(with_us - without for without, with_us in pairs)
        yield Row(
            "the plugin loaded and not used", max(extra, 0.0), 0.020, f"over an empty plugin's {bare * 1000:.0f} ms"
        )


if __name__ == "__main__":
    main(__doc__ or "", rows)
