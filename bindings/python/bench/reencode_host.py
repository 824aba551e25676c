"""A simple host for bucket maps and sets, for comparison: each operation decodes the whole bucket to a dict, changes
the dict, and encodes it into a new bucket. Plain layout: no index, nothing shared between versions."""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import wasmtime

MAP_TAG = 0xFEEDC001
SET_TAG = 0xFEEDC002
SLOT = struct.Struct("<IQQ")
MASK = (1 << 64) - 1
# wasmtime's name of the type, and the number of parameters for a field.
FIELD_TYPES: Dict[str, List[wasmtime.ValType]] = {
    "i": [wasmtime.ValType.i64()],
    "f": [wasmtime.ValType.f64()],
    "s": [wasmtime.ValType.i32(), wasmtime.ValType.i32()],
    "b": [wasmtime.ValType.i32()],
}
I32 = [wasmtime.ValType.i32()]


class ReencodeHost:
    """Defines the imports of `module` from "env" in `linker`; `attach` it to the instance before use."""

    def __init__(self, store: wasmtime.Store, linker: wasmtime.Linker, module: wasmtime.Module) -> None:
        self.store = store
        for item in module.imports:
            if item.module == "env" and item.name and isinstance(item.type, wasmtime.FuncType):
                linker.define_func("env", item.name, *self._function(item.name))

    def attach(self, instance: wasmtime.Instance) -> None:
        exports: Any = instance.exports(self.store)
        self.memory: wasmtime.Memory = exports["memory"]
        self.alloc: wasmtime.Func = exports["alloc"]
        self.shadow_stack_pointer: wasmtime.Global = exports["shadow_stack_pointer"]
        self.shadow_stack_end: int = exports["shadow_stack_end"].value(self.store)

    # ---- imports ----

    def _function(self, name: str) -> Tuple[wasmtime.FuncType, Callable[..., Any]]:
        """Type and callback of the import with this name."""
        operation, _, tags = name.partition("$")
        kind, _, operation = operation.partition("_")
        tag = MAP_TAG if kind == "map" else SET_TAG
        types = {part[0]: part[1] for part in tags.split("_") if part}
        key = types.get("k") or types.get("e")
        value = types.get("v")
        key_width = len(FIELD_TYPES[key]) if key else 0
        key_types = FIELD_TYPES[key] if key else []
        value_types = FIELD_TYPES[value] if value else []
        in_place = operation.endswith("_in_place")
        results = [] if in_place else I32

        if operation == "new":
            return wasmtime.FuncType([], I32), lambda: self._new_wrapper(tag, 0)
        if operation == "size":
            return wasmtime.FuncType(I32, I32), lambda wrapper: len(self._decode(wrapper, tag, "b"))

        if operation in ("insert", "add", "insert_in_place", "add_in_place"):
            def insert(wrapper: int, *fields: Any) -> Optional[int]:
                entries = self._decode(wrapper, tag, key)
                key_bits = bits_of(key, fields[:key_width])
                value_bits = bits_of(value, fields[key_width:]) if value else 0
                same = self._comparable(key, key_bits)
                if same in entries:  # the first key keeps its place
                    key_bits = entries[same][0]
                entries[same] = (key_bits, value_bits)
                return self._store(wrapper, tag, entries, in_place, (key, key_bits), (value, value_bits))
            return wasmtime.FuncType(I32 + key_types + value_types, results), insert

        if operation in ("remove", "remove_in_place"):
            def remove(wrapper: int, *fields: Any) -> Optional[int]:
                entries = self._decode(wrapper, tag, key)
                entries.pop(self._comparable(key, bits_of(key, fields)), None)
                return self._store(wrapper, tag, entries, in_place)
            return wasmtime.FuncType(I32 + key_types, results), remove

        if operation == "get":
            def get(wrapper: int, *fields: Any) -> Any:
                same = self._comparable(key, bits_of(key, fields[:key_width]))
                found = self._decode(wrapper, tag, key).get(same)
                if found is None:
                    default = fields[key_width:]
                    return default[0] if len(default) == 1 else default
                return fields_of(value, found[1])
            return wasmtime.FuncType(I32 + key_types + value_types, value_types), get

        if operation == "contains":
            def contains(wrapper: int, *fields: Any) -> int:
                return int(self._comparable(key, bits_of(key, fields)) in self._decode(wrapper, tag, key))
            return wasmtime.FuncType(I32 + key_types, I32), contains

        if operation in ("keys", "elements", "values"):
            which = 1 if operation == "values" else 0

            def array(wrapper: int) -> int:
                # Only fields are needed and no keys are compared, so raw bits are enough to tell keys apart.
                entries = self._slots(wrapper, tag)
                data = struct.pack("<II", len(entries), 0)
                data += b"".join(struct.pack("<Q", entry[which]) for entry in entries)
                # The strings in them are reachable through the map.
                with self._roots(wrapper):
                    block = self._alloc(len(data))
                self._write(block, data)
                return block
            return wasmtime.FuncType(I32, I32), array

        raise ValueError(f"no such operation: {name}")

    # ---- buckets ----

    def _slots(self, wrapper: int, tag: int) -> List[Tuple[int, int]]:
        """(key bits, value bits) of the live slots, in order."""
        found_tag, _, bucket = struct.unpack("<III", self._read(wrapper, 12))
        if found_tag != tag:
            raise ValueError(f"wrong type: {found_tag:#x} is not the tag {tag:#x}")
        if bucket == 0:
            return []
        capacity, _ = struct.unpack("<II", self._read(bucket, 8))
        slots = self._read(bucket + 8, capacity * SLOT.size)
        return [slot[1:] for slot in SLOT.iter_unpack(slots) if slot[0] == 1]

    def _decode(self, wrapper: int, tag: int, key: Optional[str]) -> Dict[Any, Tuple[int, int]]:
        return {self._comparable(key, slot[0]): slot for slot in self._slots(wrapper, tag)}

    def _comparable(self, key: Optional[str], bits: int) -> Any:
        """A Python value that is equal for equal keys."""
        if key == "s":
            return bytes(self._read(bits & 0xFFFFFFFF, bits >> 32))
        if key == "f":
            number = struct.unpack("<d", struct.pack("<Q", bits))[0]
            return "NaN" if number != number else number
        return bits

    def _store(
        self,
        wrapper: int,
        tag: int,
        entries: Dict[Any, Tuple[int, int]],
        in_place: bool,
        *fields: Tuple[Optional[str], int],
    ) -> Optional[int]:
        capacity = 8
        while capacity < 2 * len(entries):
            capacity *= 2
        data = b"".join(SLOT.pack(1, *entry) for entry in entries.values())
        data = struct.pack("<II", capacity, len(entries)) + data.ljust(capacity * SLOT.size, b"\0")
        pointers = [bits & 0xFFFFFFFF for field, bits in fields if field in ("s", "b")]
        with self._roots(wrapper, *pointers):
            bucket = self._alloc(len(data))
            self._write(bucket, data)
            if not in_place:
                with self._roots(bucket):
                    return self._new_wrapper(tag, bucket)
        self._write(wrapper, struct.pack("<III", tag, 0, bucket))
        return None

    def _new_wrapper(self, tag: int, bucket: int) -> int:
        wrapper = self._alloc(12)
        self._write(wrapper, struct.pack("<III", tag, 0, bucket))
        return wrapper

    # ---- the guest ----

    def _alloc(self, size: int) -> int:
        offset: int = self.alloc(self.store, size) & 0xFFFFFFFF
        if offset == 0:
            raise MemoryError("the guest has no memory left")
        return offset

    def _roots(self, *offsets: int) -> Roots:
        return Roots(self, offsets)

    def _read(self, offset: int, length: int) -> bytes:
        offset &= 0xFFFFFFFF
        if length == 0:
            return b""
        if offset + length > self.memory.data_len(self.store):
            raise ValueError(f"malformed: {length} bytes at {offset} are outside the memory")
        return bytes(self.memory.read(self.store, offset, offset + length))

    def _write(self, offset: int, data: bytes) -> None:
        self.memory.write(self.store, data, offset)


class Roots:
    """Keeps offsets on the guest's shadow stack."""

    def __init__(self, host: ReencodeHost, offsets: Sequence[int]) -> None:
        self.host = host
        self.offsets = offsets

    def __enter__(self) -> None:
        host = self.host
        self.before = host.shadow_stack_pointer.value(host.store)
        data = struct.pack(f"<{len(self.offsets)}I", *(offset & 0xFFFFFFFF for offset in self.offsets))
        if self.before + len(data) > host.shadow_stack_end:
            raise MemoryError("the guest's shadow stack is full")
        host._write(self.before, data)
        host.shadow_stack_pointer.set_value(host.store, self.before + len(data))

    def __exit__(self, *_: object) -> None:
        self.host.shadow_stack_pointer.set_value(self.host.store, self.before)


def bits_of(tag: Optional[str], fields: Sequence[Any]) -> int:
    if tag == "i":
        return int(fields[0]) & MASK
    if tag == "f":
        return int.from_bytes(struct.pack("<d", fields[0]), "little")
    if tag == "s":
        return (int(fields[0]) & 0xFFFFFFFF) | (int(fields[1]) & 0xFFFFFFFF) << 32
    return int(fields[0]) & 0xFFFFFFFF


def fields_of(tag: Optional[str], bits: int) -> Any:
    low = signed(bits & 0xFFFFFFFF, 32)
    if tag == "i":
        return signed(bits, 64)
    if tag == "f":
        return struct.unpack("<d", struct.pack("<Q", bits))[0]
    if tag == "s":
        return (low, signed(bits >> 32, 32))
    return low


def signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number
