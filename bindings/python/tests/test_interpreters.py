"""The package in sub-interpreters. Each test runs in its own process, which reports where it hangs."""

from __future__ import annotations

import sys
import textwrap
from typing import Tuple

import pytest

import drystone
import processes
from drystone import Blob, _interpreter
from drystone import blob as blob_module

#: Runs `program` in a new interpreter of the older kind, which all Pythons have.
HOST = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

def new(kind):
    if sys.version_info >= (3, 13):
        return interpreters.create(kind)
    return interpreters.create(isolated=False)

def run(program, kind="legacy"):
    interpreter = new(kind)
    failed = interpreters.run_string(interpreter, program)
    interpreters.destroy(interpreter)
    assert failed is None, failed.formatted
"""

SETUP = """
import gc, sys, threading
sys.path[:0] = %r
import drystone
from drystone import Arena, Blob, Mailbox, wota
from drystone.bucket import BucketHeap, BucketMap, BucketMemory, StoneMap
source = bytearray(b"pebble" * 100)
def check_released():
    source.append(0)
    source.pop()
""" % (sys.path,)

PROGRAMS = {
    "a wrapped buffer": """
        blob = Blob.wrap(source)
        del blob
        check_released()
        """,
    "a part and a view": """
        part = Blob.wrap(source).slice(8)
        view = part.view()
        del part
        assert bytes(view[:5]) == b"ebble"
        del view
        check_released()
        """,
    "letters that nobody takes": """
        mailbox = Mailbox(1)
        mailbox.post(wota.dumps([Blob.wrap(source)]))
        try:
            mailbox.post(wota.dumps([Blob.wrap(source)]))
        except drystone.LimitExceeded:
            pass
        mailbox.close()
        del mailbox
        check_released()
        """,
    "letters that are taken": """
        mailbox = Mailbox.open("of this program")
        mailbox.post(wota.dumps({"data": Blob.wrap(source)}))
        value = wota.loads(mailbox.take())
        assert bytes(value["data"]) == bytes(source)
        del value
        check_released()
        """,
    "values that are read where they are": """
        view = wota.view(wota.dumps({"data": Blob.wrap(source), "rows": [[n] for n in range(100)]}))
        assert view["rows"][77] == [77] and bytes(view["data"]) == bytes(source)
        message = wota.dumps([view, view["rows"]])
        del view
        assert wota.view(message) == wota.loads(message)
        del message
        check_released()
        """,
    "messages that fail": """
        for end in (object(), 1 << 60):
            try:
                wota.dumps([Blob.wrap(source), end])
            except (drystone.WrongType, drystone.OutOfRange):
                pass
            gc.collect()
            check_released()
        """,
    "trees": """
        arena = Arena()
        with arena.scope() as scope:
            tree = scope.decode(wota.dumps({"data": Blob.wrap(source)}))
            assert bytes(tree["data"].value()) == bytes(source)
        del tree
        check_released()
        scope = arena.scope()
        scope.decode(wota.dumps({"data": Blob.wrap(source)}))
        scope.rewind()
        check_released()
        scope.decode(wota.dumps({"data": Blob.wrap(source)}))
        arena.reset()
        check_released()
        arena.scope().decode(wota.dumps({"data": Blob.wrap(source)}))
        del scope, arena
        gc.collect()
        check_released()
        """,
    "a memory of one's own": """
        import ctypes
        room = bytearray(1 << 16)
        place = ctypes.addressof((ctypes.c_ubyte * len(room)).from_buffer(room))
        used = [64]
        def alloc(size):
            used[0] += -used[0] % 8 + size
            return used[0] - size
        memory = BucketMemory(lambda: (place, len(room)), alloc)
        numbers = BucketMap(memory, key="s", value="i")
        for number in range(40):
            numbers[str(number)] = number
        assert dict(numbers) == {str(number): number for number in range(40)}
        assert StoneMap(numbers.to_stone())["7"] == 7
        def refuse(size):
            raise RuntimeError("refused")
        try:
            BucketMap(BucketMemory(lambda: (place, len(room)), refuse), key="s", value="i")
        except RuntimeError as error:
            assert str(error) == "refused"
        else:
            raise AssertionError
        """,
    "threads": """
        sources = [bytearray(b"pebble") for _ in range(4)]
        mailbox, blob = Mailbox(), Blob.new()
        def post(mine):
            for number in range(100):
                mailbox.post(wota.dumps([number, Blob.wrap(mine)]))
                blob.write_bytes(b"pebble")
        threads = [threading.Thread(target=post, args=(mine,)) for mine in sources]
        for thread in threads:
            thread.start()
        for _ in range(400):
            assert wota.loads(mailbox.take())[1] == Blob(b"pebble")
        for thread in threads:
            thread.join()
        assert bytes(blob) == b"pebble" * 400
        for mine in sources:
            mine.append(0)
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_sub_interpreter_does_all_that_the_main_one_does(name: str) -> None:
    program = SETUP + textwrap.dedent(PROGRAMS[name]) + 'print("done", drystone.blobs_alive(), flush=True)\n'
    assert processes.run(HOST + f"run({program!r})") == (0, "done 0\n" if name != "threads" else "done 1\n", "")


def of_two(host: str, sub: str) -> Tuple[int, str, str]:
    return processes.run(HOST + SETUP + f"sub = {SETUP + textwrap.dedent(sub)!r}\n" + textwrap.dedent(host))


def test_letters_of_a_sub_interpreter_arrive_and_outlive_it() -> None:
    sub = """
        mailbox = Mailbox.open("of two")
        mailbox.post(wota.dumps([Blob.wrap(source), Blob.wrap(bytearray(b"stones"))]))
        """
    host = """
        mailbox = Mailbox.open("of two")
        for _ in range(3):
            run(sub)
            gc.collect()
        values = [wota.loads(mailbox.take(0)) for _ in range(3)]
        assert [bytes(value[1]) for value in values] == [b"stones"] * 3
        view = values[0][0].view()
        del values
        assert bytes(view[:6]) == b"pebble"
        del view
        print(drystone.blobs_alive())
        """
    assert of_two(host, sub) == (0, "0\n", "")


def test_a_sub_interpreter_drops_what_the_main_one_wrapped() -> None:
    sub = """
        mailbox = Mailbox.open("of two")
        value = wota.loads(mailbox.take())
        assert bytes(value[0]) == bytes(source)
        del value
        """
    host = """
        mailbox = Mailbox.open("of two")
        mailbox.post(wota.dumps([Blob.wrap(source)]))
        run(sub)
        check_released()
        print(drystone.blobs_alive())
        """
    assert of_two(host, sub) == (0, "0\n", "")


if sys.version_info >= (3, 13):  # in earlier versions, ctypes cannot be imported where the lock is not shared

    def test_an_interpreter_with_a_lock_of_its_own_lends_no_buffers() -> None:
        sub = """
            try:
                Blob.wrap(source)
            except drystone.Unsupported as error:
                assert "copies" in str(error)
            else:
                raise AssertionError
            Mailbox.open("of two").post(wota.dumps([Blob(source)]))
            """
        host = """
            mailbox = Mailbox.open("of two")
            run(sub, "isolated")
            assert bytes(wota.loads(mailbox.take(0))[0]) == bytes(source)
            """
        assert of_two(host, sub) == (0, "", "")


def test_without_the_lock_no_buffer_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    source = bytearray(b"pebbles")
    monkeypatch.setattr(blob_module, "HAS_OWN_LOCK", True)
    with pytest.raises(drystone.Unsupported, match="copies"):
        Blob.wrap(source)
    source.append(0)
    assert not _interpreter.HAS_OWN_LOCK and _interpreter.CALLS_BACK_LOCKED and _interpreter.IS_MAIN
