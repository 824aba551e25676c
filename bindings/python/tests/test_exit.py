"""The end of a process, and signals; each test in its own process."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import drystone
from processes import PATIENCE, environment, run, start

SETUP = """
import gc, os, sys, threading, time
import drystone
from drystone import Blob, Mailbox, nota, wota
source = bytearray(b"pebble" * 1000)
"""

PROGRAMS = {
    "everything alive": """
        stone = Blob.wrap(source)
        view = stone.view()
        message = wota.dumps({"stone": stone})
        mailbox = Mailbox.open("kept")
        mailbox.post(message)
        value = wota.loads(message)
        feeder = nota.Feeder()
        feeder.feed(b"\\x22")
        antestone = Blob.new(8)
        """,
    "cycles": """
        class Node: pass
        node = Node()
        node.self, node.stone, node.view = node, Blob.wrap(source), Blob.wrap(source).view()
        node.mailbox = Mailbox()
        node.mailbox.post(wota.dumps([node.stone]))
        """,
    "in modules that go late": """
        sys.stone = Blob.wrap(source)
        sys.view = sys.stone.view()
        import builtins
        builtins.view = sys.stone.slice(8).view()
        """,
    "a thread that waits": """
        mailbox = Mailbox()
        threading.Thread(target=lambda: mailbox.take(), daemon=True).start()
        time.sleep(0.05)
        """,
    "threads that work": """
        def work():
            while True:
                wota.loads(wota.dumps([1, Blob.wrap(source), {"a": "b"}]))
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.1)
        """,
    "finalizers that use it": """
        import weakref
        class Late: pass
        late = Late()
        weakref.finalize(late, lambda: wota.loads(wota.dumps([Blob.wrap(source)])))
        """,
    "exit": """
        stone = Blob.wrap(source)
        view = stone.view()
        sys.exit(0)
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_end_is_quiet(name: str) -> None:
    assert run(SETUP + textwrap.dedent(PROGRAMS[name])) == (0, "", "")


def test_a_forked_process_ends_quietly_and_keeps_its_stones() -> None:
    program = """
        stone = Blob.wrap(source)
        message = wota.dumps([stone, 1])
        child = os.fork()
        assert wota.loads(message)[0] == stone
        made = Blob(b"more")
        if child:
            _, status = os.waitpid(child, 0)
            assert status == 0, status
        print("parent" if child else "child")
        """
    code, out, error = run(SETUP + textwrap.dedent(program))
    assert (code, sorted(out.split()), error) == (0, ["child", "parent"], "")


def test_a_keyboard_interrupt_ends_waiting() -> None:
    process = start(
        SETUP
        + textwrap.dedent(
            """
            mailbox = Mailbox()
            try:
                print("waits", flush=True)
                mailbox.take()
            except KeyboardInterrupt:
                mailbox.post(Blob(b"goes on"))
                print(bytes(mailbox.take(0)).decode())
            """
        )
    )
    assert process.stdout is not None and process.stdout.readline() == "waits\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, error) == (0, "goes on\n", "")


def test_a_clean_directory_imports_it(tmp_path: Path) -> None:
    program = "import drystone; print(drystone.wota.loads(drystone.wota.dumps([1])), drystone.__version__)"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.stdout, done.stderr) == (f"[1] {drystone.__version__}\n", "")
