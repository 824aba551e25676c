"""The vectors that every language reads; c-tests/README.md describes them."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any, Dict, List, Optional

import drystone
from drystone import Blob, Limits, Private, System, dec64
from drystone.blob import from_bits

ROOT = Path(__file__).resolve().parents[3]
Vector = Dict[str, Any]


def load(name: str) -> Dict[str, List[Vector]]:
    loaded: Dict[str, List[Vector]] = json.loads((ROOT / "c-tests/vectors" / name).read_text("utf-8"))
    return loaded


def from_hex(given: Any) -> bytes:
    parts = given if isinstance(given, list) else [given]
    return b"".join(
        bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part["repeat"][0]) * part["repeat"][1]
        for part in parts
    )


def from_words(words: List[Any]) -> bytes:
    data = from_hex(words)
    return b"".join(data[at : at + 8][::-1] for at in range(0, len(data), 8))


def bytes_of(vector: Vector) -> bytes:
    return from_hex(vector["bytes"]) if "bytes" in vector else from_words(vector["words"])


def limits_of(vector: Vector) -> Optional[Limits]:
    return Limits(**vector["limits"]) if "limits" in vector else None


def word(digits: str) -> int:
    """A word of a vector as a signed number."""
    number: int = struct.unpack(">q", bytes.fromhex(digits))[0]
    return number


def bits(digits: str) -> Blob:
    whole = digits.ljust(-(-len(digits) // 8) * 8, "0")
    return from_bits(bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8)), len(digits))


def digits_of(blob: Blob) -> str:
    return "".join(f"{byte:08b}" for byte in bytes(blob))[: blob.length_bits]


def text_of(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8", "surrogatepass")


def value_of(vector: Vector) -> Any:
    """The Python value that a vector describes."""
    if "symbol" in vector:
        symbol = vector["symbol"]
        plain = {"null": None, "false": False, "true": True}
        if symbol in plain:
            return plain[symbol]
        return {8: Private, 9: System}[symbol](value_of(vector["value"]))
    if "nested_arrays" in vector:
        value: Any = [value_of(vector["value"])] if "value" in vector else []
        for _ in range(vector["nested_arrays"] - 1):
            value = [value]
        return value
    if "json" in vector:
        return vector["json"]
    if "integer" in vector:
        return int(vector["integer"])
    if "float_bits" in vector:
        return struct.unpack(">d", bytes.fromhex(vector["float_bits"]))[0]
    if "dec64" in vector:
        return dec64.to_float(word(vector["dec64"]))
    if "text_bytes" in vector:
        return text_of(vector["text_bytes"])
    if "blob_bits" in vector:
        return bits(vector["blob_bits"])
    if "array" in vector:
        return [value_of(item) for item in vector["array"]]
    if "record" in vector:
        return {
            key if isinstance(key, str) else value_of(key): value_of(item) for key, item in vector["record"]
        }
    raise AssertionError(f"a vector of an unknown form: {vector}")


def same(one: Any, other: Any) -> bool:
    """Equal, where NaN equals NaN and -0 differs from 0; without recursion, because some vectors are deep."""
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if list(a) != list(b):
                return False
            pairs += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b)
        elif isinstance(a, (Private, System)) and type(a) is type(b):
            pairs.append((a.value, b.value))
        elif isinstance(a, bool) or isinstance(b, bool):
            if a is not b:
                return False
        elif isinstance(a, float) and isinstance(b, float) and (math.isnan(a) or a == 0):
            if math.isnan(a) != math.isnan(b) or (a == 0) != (b == 0):
                return False
            if a == 0 and math.copysign(1, a) != math.copysign(1, b):
                return False
        elif a != b:
            return False
    return True


def error_named(name: str) -> Any:
    """The class of a status such as LIMIT_EXCEEDED."""
    return getattr(drystone, "".join(part.capitalize() for part in name.split("_")))
