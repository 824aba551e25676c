"""How long a lookup takes natively: the guest of the tests on the wasmtime host, in nanoseconds.

    python native.py GUEST
"""

import pathlib
import sys
import time

import wasmtime

from drystone.wasmtime import Host

store = wasmtime.Store()
module = wasmtime.Module(store.engine, pathlib.Path(sys.argv[1]).read_bytes())
linker = wasmtime.Linker(store.engine)
host = Host(store)
host.define(linker, module)
instance = linker.instantiate(store, module)
host.attach(instance)
exports = instance.exports(store)
chain = exports["chain_int"](store, 10_000)
exports["keep"](store, chain)
times = []
for _ in range(41):
    start = time.perf_counter()
    exports["sum_int"](store, chain, 10_000)
    times.append(time.perf_counter() - start)
print(round(min(times) * 1e9 / 10_000, 1))
