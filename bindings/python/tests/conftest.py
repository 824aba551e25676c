from __future__ import annotations

import gc
from typing import Iterator

import pytest

import drystone


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Every test frees every blob that it makes."""
    before = drystone.blobs_alive()
    yield
    if drystone.blobs_alive() != before:
        gc.collect()  # cycles, and what the frames of a caught exception refer to
    assert drystone.blobs_alive() == before
