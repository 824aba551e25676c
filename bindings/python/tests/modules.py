"""Small modules, made of the exports that a host needs."""

from __future__ import annotations

import wasmtime


def module_of(store: wasmtime.Store, *fields: str) -> wasmtime.Module:
    return wasmtime.Module(store.engine, f"(module {' '.join(fields)})")


MEMORY = '(memory (export "memory") 1)'
STACK = '(global (export "shadow_stack_pointer") (mut i32) (i32.const 0x100))'
ALLOC = '(func (export "alloc") (param i32) (result i32) (i32.const 0x400))'
NEW = '(import "env" "map_new" (func $new (result i32))) (func (export "new") (result i32) (call $new))'
