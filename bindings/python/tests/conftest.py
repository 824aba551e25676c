from __future__ import annotations

import gc
from typing import Iterator

import pytest

import drystone
from guest import Guest
from hosts import HOSTS, OURS


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Every test frees every blob that it makes."""
    before = drystone.blobs_alive()
    yield
    if drystone.blobs_alive() != before:
        gc.collect()  # cycles, and what the frames of a caught exception refer to
    assert drystone.blobs_alive() == before


@pytest.fixture(params=OURS)
def name(request: pytest.FixtureRequest) -> str:
    """The name of one of our hosts."""
    given: str = request.param
    return given


@pytest.fixture
def guest(name: str) -> Guest:
    """A guest on that host."""
    return Guest(HOSTS[name])
