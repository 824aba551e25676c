from __future__ import annotations

import re

import pytest

import drystone
from drystone import DrystoneError, errors
from vectors import ROOT, error_named

STATUSES = {
    name: int(code)
    for name, code in re.findall(r"#define DRYSTONE_([A-Z_]+) (\d+)", (ROOT / "include/drystone.h").read_text("utf-8"))
    if name != "OK" and not name.startswith(("VERSION", "ABI"))
}


def test_every_status_has_its_class() -> None:
    assert len(STATUSES) >= 18
    for name, code in STATUSES.items():
        error = errors.error_of(code)
        assert type(error) is error_named(name)
        assert error.status == code
        assert str(error) == errors.status_text(code) != errors.status_text(-1)
    assert {kind.status for kind in DrystoneError.__subclasses__()} == set(STATUSES.values())


@pytest.mark.parametrize("code", [-1, 19, 1000, -(2**31), 2**31 - 1])
def test_unknown_codes_are_errors_too(code: int) -> None:
    error = errors.error_of(code)
    assert type(error) is DrystoneError
    assert error.status == code
    assert str(error) == "unknown status"
    with pytest.raises(DrystoneError):
        errors.check(code)


def test_ok_is_none() -> None:
    errors.check(0)
    assert errors.status_text(0) == "ok"


def test_exceptions_inherit_from_those_of_python() -> None:
    pairs = [
        (drystone.NoMemory, MemoryError),
        (drystone.InvalidArgument, ValueError),
        (drystone.OutOfRange, OverflowError),
        (drystone.Malformed, ValueError),
        (drystone.Truncated, ValueError),
        (drystone.WrongType, TypeError),
        (drystone.NotFound, KeyError),
        (drystone.Unsupported, NotImplementedError),
    ]
    for ours, theirs in pairs:
        assert issubclass(ours, theirs) and issubclass(ours, DrystoneError)


def test_texts_say_where() -> None:
    assert str(drystone.NotFound("no such key", path="$.a")) == "$.a: no such key"
    assert str(drystone.Malformed(offset=7)) == f"{errors.status_text(7)} (offset 7)"
