"""A chain of persistent inserts on a real guest: each insert starts from the map that the previous one made, and every
older version is garbage. Compares our hosts with one that decodes and encodes the map each time.

    python bench/chain.py [--json] [--runs RUNS]

Needs wasmtime. Times are the best of the runs, each in a new guest; the high-water mark is the largest size of the
guest's heap in bytes.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import time
from typing import Any, Dict, List, NamedTuple, Tuple

import wasmtime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from drystone.wasmtime import Host  # noqa: E402
from guest import Guest  # noqa: E402
from reencode_host import ReencodeHost  # noqa: E402

#: The numbers of inserts; the host that encodes each time takes quadratic time, so it has fewer.
SIZES = {"native": (1_000, 10_000, 20_000), "ctypes": (1_000, 10_000, 20_000), "reencode": (1_000, 2_000)}

#: The default number of runs: the sizes take turns, because other programs use the machine too.
RUNS = {"native": 15, "ctypes": 3, "reencode": 1}

#: Seconds for 10 000; the ratio of the time for 20 000 to it; the ratio of the high-water marks of 10 000 and 1 000.
TARGETS: Dict[str, Tuple[float, float, float]] = {"native": (0.1, 2.3, 12), "ctypes": (1.5, 2.3, 12)}


class Result(NamedTuple):
    """One chain."""

    host: str
    inserts: int
    seconds: float
    high_water_mark: int
    collections: int


def make_host(name: str, store: wasmtime.Store, linker: wasmtime.Linker, module: wasmtime.Module) -> Any:
    """The host of a name, with its imports defined."""
    if name == "reencode":
        return ReencodeHost(store, linker, module)
    host = Host(store, native=name == "native")
    host.define(linker, module)
    return host


def measure(name: str, inserts: int) -> Result:
    """One chain, in a new guest."""
    guest = Guest(lambda *given: make_host(name, *given), poison_freed=False)
    start = time.perf_counter()
    chain = guest("chain_int", inserts)
    seconds = time.perf_counter() - start
    guest.keep(chain)
    assert guest("size", chain) == inserts
    return Result(name, inserts, seconds, guest.high_water_mark(), guest["collections"])


def best(name: str, runs: int) -> List[Result]:
    """The best of some runs of each size."""
    results = [[measure(name, size) for size in SIZES[name]] for _ in range(runs)]
    return [min(same, key=lambda result: result.seconds) for same in zip(*results)]


def verdicts(results: List[Result]) -> List[Dict[str, Any]]:
    """The aims, and whether each was reached."""
    found = []
    for name, (seconds, ratio, growth) in TARGETS.items():
        by_size = {result.inserts: result for result in results if result.host == name}
        small, large, largest = (by_size[size] for size in SIZES[name])
        for what, limit, value in (
            ("seconds for 10 000", seconds, large.seconds),
            ("time of 20 000 to 10 000", ratio, largest.seconds / large.seconds),
            ("high-water mark of 10 000 to 1 000", growth, large.high_water_mark / small.high_water_mark),
        ):
            found.append({"host": name, "what": what, "limit": limit, "value": value, "reached": value <= limit})
    return found


def main() -> int:
    """Measures and prints; returns 1 if an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--runs", type=int, help="how many runs of each chain; " + str(RUNS))
    arguments = parser.parse_args()
    results = [result for name in SIZES for result in best(name, arguments.runs or RUNS[name])]
    targets = verdicts(results)
    if arguments.json:
        print(json.dumps({"chains": [result._asdict() for result in results], "targets": targets}, indent=2))
    else:
        print(f"{'host':10}{'inserts':>9}{'seconds':>10}{'ns/insert':>11}{'high water':>12}{'collections':>13}")
        for one in results:
            each = one.seconds / one.inserts * 1e9
            print(f"{one.host:10}{one.inserts:9}{one.seconds:10.4f}{each:11.0f}", end="")
            print(f"{one.high_water_mark:12}{one.collections:13}")
        print()
        for target in targets:
            word = "reached" if target["reached"] else "NOT REACHED"
            print(f"{target['host']:10}{target['what']:36}{target['value']:8.4g} <= {target['limit']:<6g}{word}")
    return 0 if all(target["reached"] for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
