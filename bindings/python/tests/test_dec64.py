from __future__ import annotations

import math
import struct

import pytest

import drystone
from drystone import dec64
from vectors import Vector, error_named, load, word

VECTORS = load("dec64.json")


def float_of(vector: Vector) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(vector["float_bits"]))[0]
    return value


def names(vector: Vector) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["doubles"], ids=names)
def test_from_float(vector: Vector) -> None:
    value = float_of(vector)
    assert dec64.from_float(value) == word(vector["dec64"])
    assert (dec64.to_float(word(vector["dec64"])) == value) == (vector["exact"] and not math.isnan(value))


@pytest.mark.parametrize("vector", VECTORS["words"], ids=names)
def test_to_float(vector: Vector) -> None:
    value, there = dec64.to_float(word(vector["dec64"])), float_of(vector)
    assert value == there or math.isnan(value) and math.isnan(there)


@pytest.mark.parametrize("vector", VECTORS["texts"], ids=names)
def test_from_text(vector: Vector) -> None:
    assert dec64.from_text(vector["text"]) == word(vector["dec64"])


@pytest.mark.parametrize("vector", VECTORS["written"], ids=names)
def test_to_text(vector: Vector) -> None:
    assert dec64.to_text(word(vector["dec64"])) == vector["text"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=names)
def test_refused(vector: Vector) -> None:
    text = vector["text"] if "text" in vector else bytes.fromhex(vector["text_bytes"]).decode("latin-1")
    with pytest.raises(error_named(vector["status"])):
        dec64.from_text(text)


def test_numbers_are_not_cut_off() -> None:
    with pytest.raises(drystone.OutOfRange):
        dec64.to_float(1 << 64)
    with pytest.raises(drystone.OutOfRange):
        dec64.to_text(-(1 << 63) - 1)
