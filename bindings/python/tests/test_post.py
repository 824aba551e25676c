"""Letters between machines, through the store for tests. `cargo xtask post` builds the library for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import List

import pytest

import drystone
from drystone import Blob, Mailbox, PostOffice, wota

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

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
        with pytest.raises(drystone.Closed, match="the office is closed"):
            call()
    with pytest.raises(drystone.Closed):
        proxy.post(Blob(b"late"))
    del value, picture, proxy, own
    assert drystone.blobs_alive() == alive


def test_letters_without_room_are_returned() -> None:
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


def test_two_processes_exchange_letters_as_the_document_shows(tmp_path: Path) -> None:
    receiver, sender = BLOCK.findall((ROOT / "docs/post.md").read_text("utf-8"))
    (tmp_path / "picture.png").write_bytes(bytes(range(256)) * 300)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    store = [
        "nats-server", "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(tmp_path), "--ports_file_dir", str(tmp_path)
    ]  # fmt: skip

    def command(script: str, address: str) -> List[str]:
        script = script.replace('"localhost"', repr(address))
        return [sys.executable, "-W", "ignore::ResourceWarning", "-c", script]

    with subprocess.Popen(store, stderr=subprocess.DEVNULL) as server:
        try:
            while not (ports := list(tmp_path.glob("*.ports"))) or not ports[0].read_text():
                assert server.poll() is None
                time.sleep(0.01)
            address = json.loads(ports[0].read_text())["nats"][0].removeprefix("nats://")
            with subprocess.Popen(
                command(receiver, address), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
            ) as painter:
                subprocess.run(command(sender, address), cwd=tmp_path, env=environment, check=True)
                said = painter.communicate()[0]
            assert painter.returncode == 0 and said.startswith("a picture ") and "614400" in said
        finally:
            server.terminate()
