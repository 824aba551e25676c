"""Compares with the json module: python bench/beside_json.py, with the package installed."""

from __future__ import annotations

import json
import random
import statistics
import time
from typing import Any, Callable, Dict, List

from drystone import ArrayView, Blob, RecordView, nota, wota

WORDS = "the sea was calm and every stone on the beach lay where the last tide had put it down".split()


def person(number: int, chance: random.Random) -> Dict[str, Any]:
    def text(words: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(words))

    return {
        "id": number,
        "name": text(3),
        "mail": f"user{number}@example.org",
        "age": chance.randrange(90),
        "score": chance.random() * 100,
        "active": chance.random() < 0.5,
        "tags": [chance.choice(WORDS) for _ in range(4)],
        "place": {"street": text(4), "zip": chance.randrange(99999), "at": [chance.random(), chance.random()]},
        "note": None,
    }


def milliseconds(call: Callable[[], Any]) -> float:
    """The median of several runs, each of enough calls to measure."""
    began = time.perf_counter()
    call()
    calls = max(1, int(0.02 / (time.perf_counter() - began)))
    runs: List[float] = []
    for _ in range(9):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        runs.append((time.perf_counter() - began) / calls * 1000)
    return statistics.median(runs)


def compare(name: str, value: Any) -> None:
    text, message, bits = json.dumps(value), wota.dumps(value), nota.dumps(value)
    data = wota.to_bytes(message)
    assert wota.loads(message) == nota.loads(bits) == json.loads(text)
    rows = [
        ("json.dumps, json.loads", len(text), lambda: json.dumps(value), lambda: json.loads(text)),
        ("wota.dumps, wota.loads", len(message), lambda: wota.dumps(value), lambda: wota.loads(message)),
        ("wota, portable bytes", len(data), lambda: wota.dumps_bytes(value), lambda: wota.loads_bytes(data)),
        ("nota.dumps, nota.loads", len(bits), lambda: nota.dumps(value), lambda: nota.loads(bits)),
    ]
    print(name)
    whole = 0.0
    for what, size, write, read in rows:
        there, back = milliseconds(write), milliseconds(read)
        whole = whole or there + back
        ratio = (there + back) / whole
        print(f"  {what:24}{size:>10} bytes {there:9.3f} ms {back:9.3f} ms   {ratio:5.2f} × the time of json")


def stones() -> None:
    print("a message with one wrapped buffer, written and read")
    for size in (1 << 10, 1 << 20, 1 << 26):
        buffer = bytes(size)

        def call() -> None:
            wota.loads(wota.dumps({"name": "sea", "data": Blob.wrap(buffer)}))["data"].view()

        print(f"  {size:>10} bytes {milliseconds(call) * 1000:9.1f} µs")


def values_in(root: Any) -> int:
    """The number of values, each of which is visited."""
    ahead, count = [root], 0
    while ahead:
        here = ahead.pop()
        for value in here.values() if isinstance(here, (dict, RecordView)) else here:
            count += 1
            if isinstance(value, (dict, list, RecordView, ArrayView)):
                ahead.append(value)
    return count


def views(value: Any) -> None:
    message = wota.dumps(value)
    users = len(value["users"])
    assert values_in(wota.view(message)) == values_in(value)
    print("the same, read where it is")
    for what, call in (
        ("wota.loads", lambda: wota.loads(message)),
        ("wota.loads, every value looked at", lambda: values_in(wota.loads(message))),
        ("wota.view, every value looked at", lambda: values_in(wota.view(message))),
        ("wota.view, one field of the last user", lambda: wota.view(message)["users"][users - 1]["id"]),
        ("wota.dumps of the last user's view", lambda: wota.dumps(wota.view(message)["users"][users - 1])),
    ):
        print(f"  {what:40}{milliseconds(call):9.4f} ms")


def main() -> None:
    chance = random.Random(1)
    document = {"users": [person(number, chance) for number in range(3700)]}
    compare("a document of 1 MB", document)
    views(document)
    compare("a small message", {"id": 7, "name": "sea", "size": [640, 480]})
    compare("a text of 1 MB", ["The sea was calm. " * 58254])
    stones()


if __name__ == "__main__":
    main()
