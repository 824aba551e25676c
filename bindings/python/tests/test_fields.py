"""Bit fields, tested with the vectors."""

from __future__ import annotations

from typing import Any, List

import pytest

import drystone
from drystone import Blob
from vectors import Vector, bits, digits_of, error_named, load, text_of, word


def write(blob: Blob, given: Vector) -> None:
    if "bit" in given:
        blob.write_bit(given["bit"])
    elif "fit" in given:
        blob.write_fit(int(given["fit"][0]), given["fit"][1])
    elif "kim" in given:
        blob.write_kim(int(given["kim"]))
    elif "bytes" in given:
        blob.write_bytes(bytes.fromhex(given["bytes"]))
    elif "dec64" in given:
        blob.write_dec64(word(given["dec64"]))
    elif "text" in given:
        blob.write_text(given["text"])
    elif "text_bytes" in given:
        blob.write_text(text_of(given["text_bytes"]))
    elif "blob_bits" in given:
        blob.write_blob(bits(given["blob_bits"]))
    elif "self" in given:
        blob.write_blob(blob)
    else:
        blob.write_pad(given["pad"])


def read(blob: Blob, given: Vector) -> Any:
    if "bit" in given:
        return blob.read_bit(given["bit"])
    if "fit" in given:
        return blob.read_fit(*given["fit"])
    if "kim" in given:
        return blob.read_kim(given["kim"])
    if "dec64" in given:
        return blob.read_dec64(given["dec64"])
    if "text" in given:
        return blob.read_text(given["text"])
    if "is_pad" in given:
        return blob.is_pad(*given["is_pad"])
    return blob.slice(*given["blob"])


def expected(given: Vector) -> Any:
    if "gives_bytes" in given:
        return text_of(given["gives_bytes"]), given["bits"]
    gives = given["gives"]
    if "fit" in given:
        return int(gives)
    if "kim" in given:
        return int(gives), given["bits"]
    if "dec64" in given:
        return word(gives)
    if "text" in given:
        return gives, given["bits"]
    return bits(gives) if "blob" in given else gives


@pytest.mark.parametrize("vector", load("blob.json")["vectors"], ids=lambda vector: vector["name"])
def test_vectors(vector: Vector) -> None:
    blob = Blob.new()
    for given in vector["writes"]:
        if "status" in given and "text_bytes" in given:
            continue  # bytes that are not UTF-8 cannot be a str
        if "status" in given:
            before = digits_of(blob)
            with pytest.raises(error_named(given["status"])):
                write(blob, given)
            assert digits_of(blob) == before
        else:
            write(blob, given)
    assert digits_of(blob) == vector["bits"]
    blob.make_stone()
    for given in vector["reads"]:
        if "status" in given:
            with pytest.raises(error_named(given["status"])):
                read(blob, given)
        else:
            assert read(blob, given) == expected(given)


def signed(section: str) -> List[Vector]:
    """The signed form of blobs; Nota uses the unsigned one."""
    return [vector for vector in load("kim.json")[section] if vector["form"] != "unsigned"]


@pytest.mark.parametrize("vector", signed("valid"), ids=lambda vector: vector["name"])
def test_kim(vector: Vector) -> None:
    blob = Blob.new()
    blob.write_kim(int(vector["integer"]))
    assert bytes(blob) == bytes.fromhex(vector["bytes"])
    assert blob.make_stone().read_kim(0) == (int(vector["integer"]), blob.length_bits)


@pytest.mark.parametrize("vector", signed("invalid"), ids=lambda vector: vector["name"])
def test_kim_refused(vector: Vector) -> None:
    # In a blob, a field that ends too early is out of range.
    status = "OUT_OF_RANGE" if vector["status"] == "TRUNCATED" else vector["status"]
    with pytest.raises(error_named(status)):
        Blob(bytes.fromhex(vector["bytes"])).read_kim(0)


def test_numbers_are_not_cut_off() -> None:
    blob = Blob.new()
    for number in (1 << 63, -(1 << 63) - 1, 1 << 64, 1 << 200):
        for call in (blob.write_kim, blob.write_dec64, lambda value: blob.write_fit(value, 8)):
            with pytest.raises(drystone.OutOfRange):
                call(number)
    for width in (0, 57, -1, 1 << 32, (1 << 32) + 8):
        with pytest.raises(drystone.OutOfRange):
            blob.write_fit(1, width)
    for at in (-1, 1 << 63, (1 << 64) + 1):
        with pytest.raises(drystone.OutOfRange):
            Blob(b"abc").read_bit(at)
    assert blob.length_bits == 0


def test_shared_antestones_refuse_writes() -> None:
    blob, mailbox = Blob.new(), drystone.Mailbox()
    mailbox.post(blob)
    with pytest.raises(drystone.Busy):
        blob.write_bit(True)
    same = mailbox.take()
    del blob
    same.write_bit(True)
    with pytest.raises(drystone.NotStone):
        same.read_bit(0)
