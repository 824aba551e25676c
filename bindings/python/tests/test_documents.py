"""Runs the Python in the documents, the blocks of each document together; `# value` after an expression is its
value."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import numpy
import pytest
import wasmtime

from drystone import Arena, Blob, Limits, Mailbox, nota, wota
from drystone.wasmtime import Host
from guest import compiled
from vectors import ROOT

Names = Dict[str, Any]

DOCUMENTS = ["README.md", "docs/python.md", "bindings/python/README.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)


class Connection:
    """Delivers bytes in small pieces, as a socket does."""

    def __init__(self, data: bytes) -> None:
        self._pieces = [data[at : at + 3] for at in range(0, len(data), 3)]

    def recv(self, _most: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def of_a_feeder(names: Names) -> None:
    came: List[Any] = []
    data = b"".join(nota.dumps(value) for value in (1, ["two"], {"three": 3}))
    names.update(connection=Connection(data), handle=came.append, Limits=Limits, nota=nota, came=came)


def of_a_guest(names: Names) -> None:
    engine, module = compiled(False)
    names.update(store=wasmtime.Store(engine), linker=wasmtime.Linker(engine), module=module, Host=Host)


def of_users(names: Names) -> None:
    users = [{"name": name} for name in ("ann", "bob", "cy", "dan")]
    names.update(Arena=Arena, message=wota.dumps({"users": users}))


def of_strangers(names: Names) -> None:
    names.update(data=nota.dumps([1]))


def of_a_painter(names: Names) -> None:
    """Another thread also posts to it, and closes it after an answer."""
    painter = names["painter"] = Mailbox.open("painter")
    painter.post(wota.dumps("first"))
    names["handle"] = lambda _value: painter.close()


def of_pixels(names: Names) -> None:
    names.update(pixels=numpy.zeros(4), painter=Mailbox.open("painter"))


#: The names that a block uses but does not define, by words that occur in it.
GIVEN: List[Tuple[str, Callable[[Names], None]]] = [
    ("connection.recv", of_a_feeder),
    ("Host(store)", of_a_guest),
    ("arena.scope", of_users),
    ("nota.loads(data, limits", of_strangers),
    ("for letter in painter", of_a_painter),
    ("Blob.wrap(pixels)", of_pixels),
]


def run(block: str, names: Names, where: str) -> int:
    """Runs a block, statement by statement; returns the number of values compared."""
    compared = 0
    lines = block.splitlines()
    for statement in ast.parse(block).body:
        code: Any = ast.Module([statement], [])
        if not isinstance(statement, ast.Expr):
            exec(compile(code, where, "exec"), names)
            continue
        value = eval(compile(ast.Expression(statement.value), where, "eval"), names)
        said = lines[(statement.end_lineno or 1) - 1][statement.end_col_offset :].partition("#")[2].strip()
        try:
            expected = ast.literal_eval(said)
        except (SyntaxError, ValueError):
            continue  # words
        assert value == expected, f"{where}: {lines[statement.lineno - 1]}"
        compared += 1
    return compared


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_programs_of_the_documents_run(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = BLOCK.findall((ROOT / document).read_text("utf-8"))
    names: Names = {"wota": wota, "Blob": Blob}
    compared = 0
    assert blocks
    for number, block in enumerate(blocks, 1):
        for words, give in GIVEN:
            if words in block:
                give(names)
        compared += run(block, names, f"{document}, block {number}")
    assert compared == {"docs/python.md": 5, "bindings/python/README.md": 4}.get(document, 0)
    assert names.get("came", [1, ["two"], {"three": 3}]) == [1, ["two"], {"three": 3}]
    for kept in ("painter", "letter", "message", "inbox", "outlet"):
        names.pop(kept, None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="links are for Linux")
def test_two_processes_are_linked_as_the_document_shows(tmp_path: Path) -> None:
    serve, post = BLOCK.findall((ROOT / "docs/links.md").read_text("utf-8"))
    (tmp_path / "picture.png").write_bytes(bytes(range(256)) * 300)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

    def command(script: str) -> List[str]:
        script = script.replace("\\0painter", f"\\0painter {os.getpid()}")
        return [sys.executable, "-W", "ignore::ResourceWarning", "-c", script]

    with subprocess.Popen(
        command(serve), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        while True:
            poster = subprocess.run(command(post), cwd=tmp_path, env=environment, capture_output=True, text=True)
            if poster.returncode == 0:
                break
            # The other process does not listen yet.
            assert "ConnectionRefusedError" in poster.stderr and server.poll() is None, poster.stderr
        said = server.communicate()[0]
    assert said.startswith("a picture ") and "614400" in said


def test_a_value_that_differs_from_the_document_is_detected() -> None:
    with pytest.raises(AssertionError, match="here: 1 \\+ 1"):
        run("1 + 1  # 3\n", {}, "here")
    assert run("1 + 1  # 2\n1 + 1  # two\n'#'  # '#'\n", {}, "here") == 2
