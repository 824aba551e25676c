"""A host for guest.wat in Python: pip install "./bindings/python[wasmtime]"."""

import pathlib

import wasmtime

from drystone.wasmtime import Host


def ours(name: str) -> str:
    """Maps the compiler's name to the library's."""
    return name.replace("hashmap_", "map_").replace("hashset_", "set_")


store = wasmtime.Store()
module = wasmtime.Module(store.engine, pathlib.Path(__file__).with_name("guest.wat").read_text())
linker = wasmtime.Linker(store.engine)
host = Host(size_header=(-4, 1), refuse="trap")
host.define(linker, module, ours)
instance = linker.instantiate(store, module)
host.attach(instance, store)
exports = instance.exports(store)

print("the first check that failed:", exports["run"](store))
print("read by the host:", dict(host.map(exports["ages"](store), "s", "f")))
try:
    exports["broken"](store)
except wasmtime.Trap as trap:
    print("no map:", trap.message.splitlines()[-1].strip())
