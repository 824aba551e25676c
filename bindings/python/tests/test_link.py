"""Links between processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from typing import List, Tuple

import pytest

import drystone
from drystone import Blob, Link, Mailbox, wota

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="links are for Linux")


def pair(max_letters: int = 0) -> Tuple[Link, Link]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Link(one, max_letters=max_letters), Link(other, max_letters=max_letters)


def turn_all(*links: Link) -> None:
    while any([link.turn() for link in links]):
        pass


def test_letters_go_there_and_back_between_processes() -> None:
    echo = """if True:
        import sys, drystone
        link, own = drystone.Link(int(sys.argv[1])), drystone.Mailbox()
        link.serve("echo", own)
        back = link.mailbox("back")
        try:
            while True:
                link.turn(None)
                while len(own):
                    back.post(own.take())
        except drystone.Closed:
            pass
    """
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.set_inheritable(there.fileno(), True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", echo, str(there.fileno())]
    with subprocess.Popen(command, pass_fds=[there.fileno()], env=environment) as process:
        there.close()
        link, own = Link(here), Mailbox()
        link.serve("back", own)
        proxy = link.mailbox("echo")
        stone = Blob(bytes(range(256)) * 1000)
        for kind in (stone, stone.to_shared()):
            proxy.post(wota.dumps({"name": "a picture", "data": kind}))
            while not len(own):
                assert link.turn(20)
            value = wota.loads(own.take())
            assert value["name"] == "a picture" and value["data"] == stone
        link.close()
        assert process.wait(20) == 0
    with pytest.raises(drystone.Closed):
        proxy.post(stone)


def test_a_shared_stone_comes_back_as_the_same_stone() -> None:
    one, other = pair()
    there, own, home = one.mailbox("there"), Mailbox(), Mailbox()
    other.serve("there", own)
    one.serve("back", home)
    back = other.mailbox("back")
    stone = Blob(b"x" * 100_000).to_shared()
    there.post(stone)
    turn_all(one, other)
    assert one.statistics()["lent_bytes"] == 100_000
    back.post(own.take())
    turn_all(one, other)
    assert home.take() == stone
    turn_all(one, other)
    assert one.statistics()["lent_stones"] == other.statistics()["borrowed_stones"] == 0


def test_ends() -> None:
    one, other = pair()
    proxy = one.mailbox("nobody")
    proxy.post(Blob(b"letter"))
    turn_all(one, other)
    with pytest.raises(drystone.Closed):
        proxy.post(Blob(b"letter"))
    with one:
        pass
    one.close()
    for call in (one.turn, one.fileno, one.statistics, lambda: one.mailbox("a"), lambda: one.serve("a", Mailbox())):
        with pytest.raises(drystone.Closed, match="the link is closed"):
            call()
    other.run()
    with pytest.raises(drystone.Closed, match="the other process has ended the link"):
        other.turn(None)


def test_wrong_ends_and_names() -> None:
    streams = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in (streams[0], -1):
        with pytest.raises(drystone.InvalidArgument):
            Link(end)
    assert streams[0].fileno() == -1
    streams[1].close()
    one, _other = pair()
    for name in ("", "n" * 256):
        with pytest.raises(drystone.InvalidArgument):
            one.mailbox(name)
        with pytest.raises(drystone.InvalidArgument):
            one.serve(name, Mailbox())
    with pytest.raises(drystone.InvalidArgument):
        one.serve("a", one)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        one.__reduce__()


def test_one_thread_at_a_time() -> None:
    one, _other = pair()
    turn_all(one)
    ended: List[bool] = []
    thread = threading.Thread(target=lambda: ended.append(one.turn(None)))
    thread.start()
    while not one._lock.locked():
        pass
    with pytest.raises(drystone.Busy):
        one.turn()
    # The other end wakes it.
    turn_all(_other)
    thread.join(20)
    assert ended == [True]


def test_full_mailboxes_and_limits() -> None:
    one, other = pair(max_letters=5)
    proxy, own = one.mailbox("small"), Mailbox(1)
    other.serve("small", own)
    for _ in range(2):
        proxy.post(Blob(b"letter"))
    turn_all(one)
    with pytest.raises(drystone.Busy):
        for _ in range(10):
            one.turn()
            other.turn()
    own.take()
    other.turn()
    assert len(own) == 1
    for _ in range(3):
        proxy.post(Blob(b"letter"))


def test_shared_stones() -> None:
    stone = Blob(b"some bytes" * 1000)
    with pytest.raises(drystone.WrongType):
        stone.descriptor()
    shared = stone.to_shared()
    assert shared == stone and shared.to_shared() == shared
    descriptor, place = shared.descriptor()
    assert place == 0
    assert Blob.from_descriptor(descriptor, 80) == Blob(b"some bytes")
    with pytest.raises(OSError):
        os.fstat(descriptor)
    with pytest.raises(drystone.NotStone):
        Blob.from_descriptor(os.memfd_create("unsealed"), 0)
    with pytest.raises(drystone.WrongType):
        wota.dumps([1]).to_shared()
