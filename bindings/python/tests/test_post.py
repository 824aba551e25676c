"""Letters between machines, over the store for tests. `cargo xtask post` has the library for it."""

from __future__ import annotations

import os
import threading

import pytest

import drystone
from drystone import Blob, Mailbox, PostOffice, wota

pytestmark = pytest.mark.skipif(
    "DRYSTONE_POST_LIBRARY" not in os.environ, reason="libdrystone_post is not here: `cargo xtask post` runs these"
)


def test_letters_arrive() -> None:
    alive = drystone.blobs_alive()
    here, there = PostOffice.pair()
    own = Mailbox()
    there.serve("painter", own)
    picture = Blob(bytes(range(256)) * 10_000)
    proxy = here.mailbox("painter")
    proxy.post(wota.dumps({"name": "a picture", "data": [picture] * 3}))
    proxy.post(Blob(b"no message"))
    here.flush(20)
    assert here.counts()["sent"] == 2 and here.counts()["waiting"] == 0
    value = wota.loads(own.take(20))
    assert value["name"] == "a picture" and all(data == picture for data in value["data"])
    assert own.take(20) == Blob(b"no message")
    here.close()
    there.close()
    here.close()
    for call in (lambda: here.mailbox("painter"), here.counts, here.flush):
        with pytest.raises(drystone.Closed):
            call()
    with pytest.raises(drystone.Closed):
        proxy.post(Blob(b"late"))
    del value, picture, proxy, own
    assert drystone.blobs_alive() == alive


def test_what_has_no_room_comes_back() -> None:
    returned = Mailbox()
    here, there = PostOffice.pair(10_000, returned=returned)
    proxy = here.mailbox(b"\x00\xff")
    proxy.post(Blob(bytes(20_000)))
    assert len(returned.take(20)) == 20_000
    proxy.post(Blob(bytes(6_000)))
    here.flush(20)
    proxy.post(Blob(bytes(7_000)))
    with pytest.raises(drystone.LimitExceeded):
        here.flush(0.05)
    with pytest.raises(drystone.LimitExceeded):
        here.close(0)
    assert len(returned.take(20)) == 7_000
    there.close()


def test_faulty_calls() -> None:
    here, there = PostOffice.pair()
    for address in ("", "x" * 65):
        with pytest.raises(drystone.InvalidArgument):
            here.mailbox(address)
        with pytest.raises(drystone.InvalidArgument):
            here.serve(address, Mailbox())
    with pytest.raises(drystone.InvalidArgument):
        here.serve("a", None)  # type: ignore[arg-type]
    with pytest.raises(drystone.InvalidArgument):
        here.flush(-1)
    with pytest.raises(drystone.InvalidArgument):
        PostOffice("no server at all:x")
    with pytest.raises(drystone.InvalidArgument):
        PostOffice(user="without a password")
    with pytest.raises(drystone.NotFound):
        PostOffice("127.0.0.1:9")
    here.close()
    there.close()


def test_a_call_keeps_it_open() -> None:
    here, there = PostOffice.pair(1_000)
    here.mailbox("a").post(Blob(bytes(900)))
    here.flush(20)
    here.mailbox("a").post(Blob(bytes(900)))
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        here.flush(30)

    thread = threading.Thread(target=wait)
    thread.start()
    begun.wait()
    while not here._users:
        pass
    with pytest.raises(drystone.Busy):
        here.close(0)
    own = Mailbox()
    there.serve("a", own)
    assert len(own.take(20)) == 900 and len(own.take(20)) == 900
    thread.join()
    here.close()
    there.close()


def test_dropped_ones_end() -> None:
    threads = len(os.listdir("/proc/self/task"))
    offices = PostOffice.pair()
    assert len(os.listdir("/proc/self/task")) > threads
    del offices
    assert len(os.listdir("/proc/self/task")) == threads
