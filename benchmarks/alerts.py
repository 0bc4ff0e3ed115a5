"""An alert's life in the laboratory, against the same life in scaled time, in real time, and in promtool.

python benchmarks/alerts.py [--rounds N] [--real] [--parallel RUNS]      writes the table of docs/alerts.md

One alert, `for: 5m`, `group_wait: 30s`, `group_interval: 5m`, scraped and evaluated each 15 s: pending, firing, told,
resolved, told. `--real` adds the life in real time (about 11 minutes); without it the row that is there is kept.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml
from rows import shown

from pgben_testkit import settings
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.services.run import Run

PAGE = Path(__file__).parents[1] / "docs" / "alerts.md"
BEGIN, END = "<!-- made by benchmarks/alerts.py -->", "<!-- end -->"
REAL = "in real time, once"


@dataclass(frozen=True)
class Life:
    """Wall seconds: of the life alone, and with the start of the programs. Laboratory seconds: from the change of the
    metric to the first message, and from that to the second."""

    life_s: float
    whole_s: float
    told_after_s: float
    resolved_after_s: float


def configs(folder: Path, *, for_s: int = 300) -> None:
    rule = {"alert": "Erros", "expr": "errs > 0", "for": f"{for_s}s", "annotations": {"summary": "{{ $value }}"}}
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    prometheus = {
        "global": {"scrape_interval": "15s", "scrape_timeout": "15s", "evaluation_interval": "15s"},
        "scrape_configs": [{"job_name": "app", "static_configs": [{"targets": ["app:80"]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(prometheus))
    route = {
        "receiver": "r",
        "group_by": ["alertname"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
    }
    receiver = {"name": "r", "webhook_configs": [{"url": "http://a.invalid/", "send_resolved": True}]}
    (folder / "alertmanager.yml").write_text(yaml.safe_dump({"route": route, "receivers": [receiver]}))


def live(run: Run, folder: Path, *, pace: str = "jump") -> Life:
    began = time.perf_counter()
    lab = Laboratory(run, folder=folder, pace=pace)
    try:
        lab.load_prometheus("prometheus.yml")
        lab.load_alertmanager("alertmanager.yml")
        lab.load_rules("rules.yml")
        gauge = lab.target("app").gauge("errs")
        lab.start()
        started = time.perf_counter()
        raised = lab.clock()
        gauge.set(1)
        alert = lab.alert("Erros").fires()
        gauge.set(0)
        alert.resolves()
        ended = time.perf_counter()
        firing, resolved = list(lab.inbox.webhook)
        if (firing.status, resolved.status) != ("firing", "resolved"):
            raise SystemExit(f"wrong messages: {lab.inbox.as_text()}")
        return Life(
            ended - started, ended - began, firing.at.timestamp() - raised, (resolved.at - firing.at).total_seconds()
        )
    finally:
        lab.close()


def right(life: Life) -> bool:
    """The phases are those of real time: `for` and `group_wait` and up to two intervals; `group_interval`."""
    return 329 <= life.told_after_s <= 362 and 297 <= life.resolved_after_s <= 303


def several(job: tuple[int, str]) -> list[Life]:
    count, name = job
    run = Run.begin(settings.read(root=Path(name), environ={}))
    try:
        return [live(run, Path(name)) for _ in range(count)]
    finally:
        run.end()


def promtool_s(folder: Path) -> float:
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": 'errs{job="app"}', "values": "1x24 0x24"}],
                "alert_rule_test": [
                    {"eval_time": "4m45s", "alertname": "Erros"},
                    {
                        "eval_time": "5m",
                        "alertname": "Erros",
                        "exp_alerts": [{"exp_labels": {"job": "app"}, "exp_annotations": {"summary": "1"}}],
                    },
                    {"eval_time": "7m", "alertname": "Erros"},
                ],
            }
        ],
    }
    (folder / "test.yml").write_text(yaml.safe_dump(test))
    began = time.perf_counter()
    subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def a_day_s(run: Run, folder: Path) -> tuple[float, int]:
    """Wall seconds of `for: 24h` and two repeats of 4 h after it, and how many messages came."""
    configs(folder, for_s=86400)
    began = time.perf_counter()
    lab = Laboratory(run, folder=folder, pace="jump")
    try:
        lab.load_prometheus("prometheus.yml")
        lab.load_alertmanager("alertmanager.yml")
        lab.load_rules("rules.yml")
        lab.target("app").gauge("errs").set(1)
        lab.alert("Erros").fires(after="24h")
        lab.advance("8h10m")
        return time.perf_counter() - began, len(lab.inbox.webhook)
    finally:
        lab.close()


def line(what: str, life: str, whole: str, note: str = "") -> str:
    print(f"{what:<48} {life:>10} {whole:>10}  {note}", flush=True)
    return f"| {what} | {life} | {whole} | {note} |"


def phases(lives: list[Life]) -> str:
    told = median(each.told_after_s for each in lives)
    resolved = median(each.resolved_after_s for each in lives)
    return f"told after {told:.0f} s, resolved {resolved:.0f} s later"


def measured(given: argparse.Namespace, folder: Path, kept: str) -> list[str]:
    run = Run.begin(settings.read(root=folder, environ={}))
    lines = ["| the same life | life | with starts | |", "|---|---|---|---|"]
    try:
        configs(folder)
        lives = [live(run, folder) for _ in range(given.rounds)]
        lines.append(
            line(
                f"laboratory, median of {given.rounds}",
                shown(median(each.life_s for each in lives)),
                shown(median(each.whole_s for each in lives)),
                phases(lives),
            )
        )
        if given.parallel:
            with concurrent.futures.ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
                jobs = [(given.parallel // 4, str(folder))] * 4
                lives = [each for some in pool.map(several, jobs) for each in some]
            good = sum(map(right, lives))
            lines.append(
                line(
                    f"laboratory, {len(lives)} runs, 4 at a time",
                    shown(median(each.life_s for each in lives)),
                    shown(median(each.whole_s for each in lives)),
                    f"{good} of {len(lives)} right; {phases(lives)}",
                )
            )
        took, messages = a_day_s(run, folder)
        lines.append(line("laboratory, `for: 24h` and 8 hours of repeats", shown(took), "", f"{messages} messages"))
        configs(folder)
        lives = [live(run, folder, pace="scaled") for _ in range(3)]
        good = sum(map(right, lives))
        lines.append(
            line(
                "scaled time: all durations divided by 100",
                shown(median(each.life_s for each in lives)),
                shown(median(each.whole_s for each in lives)),
                f"{good} of {len(lives)} right; {phases(lives)}",
            )
        )
        took = median(promtool_s(folder) for _ in range(given.rounds))
        lines.append(line("promtool test rules", shown(took), "", "no scrape, no Alertmanager, no message"))
        if given.real:
            life = live(run, folder, pace="real")
            lines.append(line(REAL, shown(life.life_s), shown(life.whole_s), phases([life])))
        elif kept:
            lines.append(kept)
    finally:
        run.end()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="lives of which the median counts (default 20)")
    parser.add_argument("--parallel", type=int, default=200, help="lives that run four at a time (default 200)")
    parser.add_argument("--real", action="store_true", help="also in real time: 11 minutes")
    given = parser.parse_args()
    text = PAGE.read_text("utf-8") if PAGE.exists() else f"{BEGIN}\n{END}\n"
    kept = re.search(rf"^\| {REAL} .*$", text, re.MULTILINE)
    with TemporaryDirectory() as folder:
        lines = measured(given, Path(folder), kept[0] if kept else "")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, "utf-8")


if __name__ == "__main__":
    main()
