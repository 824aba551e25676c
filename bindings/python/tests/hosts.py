"""The hosts that the guest is tested with, and the ways in which it runs."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import wasmtime

from drystone.wasmtime import Host
from guest import Guest
from reencode_host import ReencodeHost, Roots

__all__ = ["CASES", "HOSTS", "OURS", "ReencodeHost", "Roots", "make_guest"]

MakeHost = Callable[[wasmtime.Store, wasmtime.Linker, wasmtime.Module], Any]


def host(**options: Any) -> MakeHost:
    """A function that makes our hosts with these options."""

    def make(store: wasmtime.Store, linker: wasmtime.Linker, module: wasmtime.Module) -> Host:
        made = Host(store, **options)
        assert made.native == options["native"]
        assert len(made.define(linker, module)) == len(module.imports)
        return made

    return make


HOSTS: Dict[str, MakeHost] = {
    "reencode": ReencodeHost,
    "native": host(native=True),
    "ctypes": host(native=False),
}
OURS = ["native", "ctypes"]
FLAGS: Dict[str, MakeHost] = {
    f"{name}_{flag}": host(native=name == "native", **{flag: True})
    for name in OURS
    for flag in ("plain", "copy_strings")
}
WAYS: Dict[str, Dict[str, Any]] = {
    "plain": {},
    "collect_always": {"collect_always": True},
    "memory_moves": {"memory_moves": True},
}
CASES: Dict[str, Tuple[MakeHost, Dict[str, Any]]] = {
    **{f"{name}-{way}": (make, WAYS[way]) for name, make in HOSTS.items() for way in WAYS},
    **{f"{name}-collect_always": (make, WAYS["collect_always"]) for name, make in FLAGS.items()},
}


def make_guest(case: str) -> Guest:
    """A guest on a host."""
    make, way = CASES[case]
    return Guest(make, **way)
