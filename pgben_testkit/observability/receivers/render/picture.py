"""A delivery as a picture: its page opened in a headless Chromium that reaches no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.receivers.delivery import Delivery
from pgben_testkit.observability.receivers.render import page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_S = 60.0
OFFLINE = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-extensions",
)
"""No name resolves, and what needs none goes to a port where nobody listens."""


def browser() -> str:
    """The path of a Chromium. Raises EnvironmentNotAble: there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise EnvironmentNotAble(
            "no picture can be taken",
            why=f"none of {', '.join(NAMES)} is on the PATH",
            remedy="install one (Debian: apt-get install chromium); `save_html` needs none",
        )
    return found


def save(delivery: Delivery, path: Path, *, width: int = 900, height: int = 800) -> Path:
    """Writes a PNG of so many pixels.

    Raises:
        EnvironmentNotAble: no Chromium, or it made no picture.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="pgben-picture-") as folder:
        shown = Path(folder) / "page.html"
        shown.write_text(page.one(delivery), "utf-8")
        command = [
            program,
            "--headless=new",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={path}",
            *OFFLINE,
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium has none for root; scripts are forbidden by the page's policy
        why = ""
        try:
            ended = subprocess.run([*command, shown.as_uri()], capture_output=True, text=True, timeout=TIMEOUT_S)
            why = (ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
        except subprocess.TimeoutExpired:
            why = f"not within {TIMEOUT_S:g} s"
    if not path.is_file():
        raise EnvironmentNotAble("Chromium made no picture", why=why, remedy=f"try {program} --headless by hand")
    return path
