"""Make the pages and pictures of the docs that are made from the code: settings, the house, what doctor says.

    python docs/draw.py            # writes them
    python docs/draw.py --check    # says which are stale, exit code 1
    python docs/draw.py --pictures # draws doctor's report, an alert's life and an e-mail anew, by running them

`tests/docs/test_site.py` runs the check.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "unit"))

from test_layers import FLOORS, PACKAGE  # noqa: E402  (the test that holds the floors is where they are written)

GROUPS = {
    "postgres": "PostgreSQL",
    "storage": "S3",
    "redis": "Redis",
    "alert": "Alerts and metrics",
    "prometheus": "Alerts and metrics",
    "metrics": "Alerts and metrics",
    "env": "The environment",
    "pull": "Containers",
}
"""First word of a setting -> the heading that it stands under; the rest is general."""


def settings_page() -> str:
    """Return the settings reference, made from `settings.py`."""
    from pgben_testkit import settings

    sections: dict[str, list[str]] = {"General": []}
    for option in settings.options():
        word = option.name.partition("_")[0]
        title = next((title for start, title in GROUPS.items() if word.startswith(start)), "General")
        default = " ".join(option.default) if isinstance(option.default, tuple) else option.default
        shown = "yes" if default is True else "no" if default is False else f"`{default}`" if default != "" else ""
        allowed = f" One of {', '.join(f'`{each}`' for each in option.choices)}." if option.choices else ""
        text = option.help[0].upper() + option.help[1:] + "." + allowed
        names = f"`{option.flag}`<br>`{option.variable}`<br>`pgben_{option.name}`"
        sections.setdefault(title, []).append(f"| {names} | {option.kind} | {shown} | {text} |")
    lines = [
        "# Settings",
        "",
        "Each setting is an option, a variable and an ini key; the first that is given counts, in this order. A switch",
        "has its opposite (`--no-pgben-warm`). `words` are a list, quoted as in a shell.",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", "| setting | kind | default | what it says |", "|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Return the list of all checks, each linked to its page."""
    from pgben_testkit.checking import registry

    lines = ["# Checks", "", "`pgben-testkit doctor --explain ID` prints a page, too."]
    for group in registry.groups():
        lines += ["", f"## {group.name}", "", "| check | severity | what it finds |", "|---|---|---|"]
        for rule in group.rules():
            lines.append(
                f"| [{rule.id}](../checks/{rule.id.replace('/', '-')}.md) | {rule.severity} | {rule.summary} |"
            )
    return "\n".join(lines) + "\n"


def arrows() -> Counter[tuple[str, str]]:
    """Return how many modules of one area import from another."""
    found: Counter[tuple[str, str]] = Counter()
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        used = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pgben_testkit."):
                used.add(str(node.module).split(".")[1])
        found.update((own, each) for each in used if each != own)
    return found


def house_picture() -> str:
    """Return the areas floor over floor, with the arrows between neighbours, as SVG."""
    width, height, gap = 960, 46, 40
    known = {area for floor in FLOORS for area in floor}
    places: dict[str, tuple[float, float]] = {}
    boxes = []
    for number, floor in enumerate(reversed(FLOORS)):
        areas = sorted(floor)
        step = width / len(areas)
        for index, area in enumerate(areas):
            x, y = index * step + step / 2, 20 + number * (height + gap)
            places[area] = (x, y)
            boxes.append(
                f'<rect x="{x - 74:.0f}" y="{y}" width="148" height="{height}" rx="6" fill="#eef3fb" stroke="#3a5fa8"/>'
                f'<text x="{x:.0f}" y="{y + 28}" text-anchor="middle">{escape(area)}</text>'
            )
    lines = []
    for (start, end), count in sorted(arrows().items()):
        if start in known and end in known:
            (x1, y1), (x2, y2) = places[start], places[end]
            lines.append(
                f'<path d="M {x1:.0f} {y1 + height} C {x1:.0f} {y1 + height + 24}, {x2:.0f} {y2 - 24}, {x2:.0f} {y2}"'
                f' fill="none" stroke="#9aa7bd" stroke-width="{min(0.6 + count / 20, 2.5):.1f}"/>'
            )
    total = 20 + len(FLOORS) * (height + gap)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" font-family="sans-serif"'
        f' font-size="15">'
        f'<rect width="{width}" height="{total}" fill="white"/>{"".join(lines)}{"".join(boxes)}</svg>\n'
    )


def pictures() -> None:
    """Draw what a person sees, by running it: what doctor says, an alert's life, an e-mail. Not compared by the test:
    they hold times and programs of this machine."""
    import os
    import shutil
    import subprocess
    import tempfile

    from rich.console import Console
    from rich.text import Text

    def drawn(text: str, title: str, name: str) -> None:
        console = Console(record=True, width=110, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115
        console.print(Text.from_ansi(text))
        console.save_svg(str(ROOT / "docs" / "assets" / name), title=title)

    command = [sys.executable, "-m", "pgben_testkit", "doctor", "fixtures/env/broken", "--no-ground", "--no-process"]
    wide = os.environ | {"COLUMNS": "110"}
    said = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, check=False)
    lines = said.stdout.replace(f"{ROOT}/", "").splitlines()[:34]
    drawn("\n".join(lines), "pgben-testkit doctor", "doctor.svg")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_alert.py").write_text(ALERT_TEST, "utf-8")
        stack = ROOT / "fixtures" / "observability"
        (Path(folder) / "pytest.ini").write_text(
            f"[pytest]\npgben_prometheus_config = {stack}/prometheus/prometheus.yml\n"
            f"pgben_alertmanager_config = {stack}/alertmanager/alertmanager.yml\npgben_alerts_always = Vigia\n",
            "utf-8",
        )
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        said = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        _, _, story = said.stdout.partition("- pgben_alerts -")
        lines = story.partition("\n\n")[0].replace(f"{ROOT}/", "").splitlines()[1:]
        drawn("\n".join(lines), "pytest test_alert.py", "alert.svg")
        picture = Path(folder) / "email.png"
        if picture.exists():
            shutil.copy(picture, ROOT / "docs" / "assets" / "email.png")


ALERT_TEST = """
from pathlib import Path

from pgben_testkit.observability.receivers.render import picture

def test_falhas_de_login(pgben_alerts, pgben_inbox):
    api = pgben_alerts.target("pgben-api")
    falhas = api.counter("authentication_attempts_total", success="false").rate(2, per="s")
    alert = pgben_alerts.alert("FalhasDeAutenticacao")
    alert.fires(after="5m", labels={"severity": "critical"})
    picture.save(pgben_inbox.email.last, Path("email.png"), width=900, height=620)
    falhas.stop()
    alert.resolves(within="10m")
    assert len(pgben_inbox.sms) == 3  # it is not: the report of the failing test shows what happened
"""
MADE = {
    "docs/reference/settings.md": settings_page,
    "docs/reference/checks.md": checks_page,
    "docs/assets/house.svg": house_picture,
}


def main() -> int:
    if "--pictures" in sys.argv:
        pictures()
    stale = []
    for name, make in MADE.items():
        path, text = ROOT / name, make()
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    if "--check" in sys.argv and stale:
        print(f"stale: {', '.join(stale)}; run python docs/draw.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
