"""What metrics cost the sample API: its throughput with and without them, both processes on the same servers.

The two take turns in short rounds, so that what else the machine does meets both; the ratio is of the medians over the
rounds. Each request reads a citizen: a token is checked, five queries and two audit records are made. Client and
server share the machine. The processor's time that the API takes for a request is told too: work of others on the
machine moves it less.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "services"))

import psutil  # noqa: E402
import sample as samples  # noqa: E402


def rate(api: samples.Sample, path: str, seconds: float, clients: int) -> tuple[float, float]:
    """Answered requests a second, every one a 200; milliseconds of the processor's that the API took for each."""
    counts = [0] * clients
    until = time.perf_counter() + seconds

    def work(index: int) -> None:
        while time.perf_counter() < until:
            assert api.ask("GET", path, user="tecnico").status == 200
            counts[index] += 1

    process = psutil.Process(api.process.popen.pid)
    before = process.cpu_times()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    took, after = time.perf_counter() - began, process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return sum(counts) / took, 1000 * spent / sum(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each (default: 15)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a round (default: 1.5)")
    parser.add_argument("--clients", type=int, default=4, help="requests at a time (default: 4)")
    parser.add_argument("--json", action="store_true", help="for machines")
    told = parser.parse_args()
    with ExitStack() as stack:
        usual = {"METRICS_REFRESH_S": "15"}
        on = samples.running(stack, **usual)
        off = samples.start(on.owned, on.database, on.bucket, METRICS="false", **usual)
        stack.callback(off.process.stop)
        path = f"/api/v1/cidadaos/{on.cidadao(samples.CPF).json()['id']}"
        found: dict[str, list[float]] = {"with": [], "without": []}
        spent: dict[str, list[float]] = {"with": [], "without": []}
        order = [("with", on), ("without", off)]
        for _, api in order:
            rate(api, path, told.seconds, told.clients)  # connections, caches
        for number in range(told.rounds):
            for name, api in order if number % 2 else reversed(order):
                answered, took = rate(api, path, told.seconds, told.clients)
                found[name].append(answered)
                spent[name].append(took)
    medians = {name: median(rates) for name, rates in found.items()}
    ratios = sorted(a / b for a, b in zip(found["with"], found["without"], strict=True))
    result: dict[str, Any] = {
        "with_per_s": round(medians["with"], 1),
        "without_per_s": round(medians["without"], 1),
        "cost_percent": round(100 * (1 - medians["with"] / medians["without"]), 2),
        "pairs_quartiles_percent": [round(100 * (1 - ratios[int(len(ratios) * q)]), 2) for q in (0.75, 0.5, 0.25)],
        "with_cpu_ms": round(median(spent["with"]), 3),
        "without_cpu_ms": round(median(spent["without"]), 3),
        "cpu_cost_percent": round(100 * (median(spent["with"]) / median(spent["without"]) - 1), 2),
    }
    if told.json:
        print(json.dumps(result))
        return
    print(f"with metrics     {result['with_per_s']:8.1f} requests/s")
    print(f"without metrics  {result['without_per_s']:8.1f} requests/s")
    print(
        f"cost             {result['cost_percent']:8.2f} %   (quartiles of the pairs: "
        f"{', '.join(f'{each:.2f}' for each in result['pairs_quartiles_percent'])})"
    )
    print(
        f"the API's processor time a request: {result['with_cpu_ms']} ms with metrics, {result['without_cpu_ms']} ms "
        f"without: {result['cpu_cost_percent']} % more"
    )


if __name__ == "__main__":
    main()
