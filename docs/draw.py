"""Make the pages and pictures of the docs that are made from the code: settings, the house, what doctor says.

    python docs/draw.py            # writes them
    python docs/draw.py --check    # says which are stale, exit code 1

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


MADE = {
    "docs/reference/settings.md": settings_page,
    "docs/reference/checks.md": checks_page,
    "docs/assets/house.svg": house_picture,
}


def main() -> int:
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
