"""The table of functions compared with the generated header, and the versions with each other."""

from __future__ import annotations

import ast
import ctypes
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import pytest

import drystone
from drystone import _library, _structs
from drystone._functions import AREAS, CONCURRENT
from drystone._library import library
from vectors import ROOT

NO_DECLARATION = re.compile(r"/\*.*?\*/|//[^\n]*|^#[^\n]*|^DRYSTONE_MUST_USE\n", re.S | re.M)
HEADERS = [ROOT / "include/drystone.h", ROOT / "include/drystone_wasmtime.h"]
HEADER = "".join(NO_DECLARATION.sub("", header.read_text("utf-8")) for header in HEADERS)
SYMBOLS = (ROOT / "include/drystone.symbols").read_text("utf-8").split()
NUMBERS: Dict[str, Any] = {
    "arena_scope": ctypes.c_uint64,
    "bool": ctypes.c_bool,
    "double": ctypes.c_double,
    "drystone_status": ctypes.c_int32,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "size_t": ctypes.c_size_t,
    "uint8_t": ctypes.c_uint8,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "wota_dialect": ctypes.c_int32,
}


def kind(declared: str) -> Any:
    """The ctypes type for a C type, of a parameter with its name or of a result."""
    if "*" in declared or declared.split()[0] in ("arena_cleanup", "blob_release", "mailbox_ready"):
        return ctypes.c_void_p
    return NUMBERS[declared.split()[0]]


def declared() -> Dict[str, Tuple[Any, List[Any]]]:
    functions = {}
    for result, name, parameters in re.findall(r"^((?:\w+[ \n*]+)+?)(\w+)\(([^)]*)\);", HEADER, flags=re.M):
        if result.strip() == "typedef":
            continue
        given = None if result.strip() == "void" else kind(result)
        functions[name] = (given, [kind(p.strip()) for p in parameters.split(",") if p.strip() != "void"])
    return functions


def test_every_function_has_the_types_of_the_header() -> None:
    functions, table = declared(), {name: types for area in AREAS for name, types in area.items()}
    assert sorted(functions) == sorted(SYMBOLS)
    assert sorted(table) == sorted(SYMBOLS)
    assert sum(map(len, AREAS)) == len(SYMBOLS)
    assert CONCURRENT <= set(table)
    for name, (result, arguments) in functions.items():
        have_result, have_arguments = table[name]
        if have_result is ctypes.c_char_p:  # a text with static lifetime
            have_result = ctypes.c_void_p
        assert (name, have_result) == (name, result)
        assert (name, list(have_arguments)) == (name, arguments)


def test_the_table_has_the_types_passed_to_ctypes() -> None:
    for area in AREAS:
        for name, (result, arguments) in area.items():
            function = getattr(library, name)
            assert function.restype is result
            assert tuple(function.argtypes) == arguments


def test_structs_are_as_large_as_in_the_header() -> None:
    reserved = re.findall(r"typedef struct \w+_reader \{\s*uint64_t reserved\[(\d+)\];", HEADER)
    assert [ctypes.sizeof(_structs.Reader)] * 2 == [int(count) * 8 for count in reserved]
    fields = re.search(r"typedef struct wota_limits \{(.*?)\}", HEADER, flags=re.S)
    assert fields is not None
    names = re.findall(r"(\w+);", fields[1])
    assert names == [field[0] for field in _structs.WotaLimits._fields_]


def test_versions_agree() -> None:
    manifest = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text("utf-8"), flags=re.M)
    assert manifest is not None
    assert drystone.__version__ == manifest[1] == library.drystone_version().decode()


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYSTONE_LIBRARY", str(tmp_path / "none.so"))
    with pytest.raises(ImportError, match="none.so"):
        _library.load()
    monkeypatch.delenv("DRYSTONE_LIBRARY")
    (beside,) = _library.places()
    assert beside.parent == Path(_library.__file__).parent


def test_a_library_without_our_functions_is_refused() -> None:
    other = importlib.import_module("numpy.linalg._umath_linalg").__file__
    assert other is not None
    with pytest.raises(ImportError, match="a different version"):
        _library.load(Path(other))


def test_all_names_are_there() -> None:
    for name in drystone.__all__:
        assert hasattr(drystone, name)
    for module in (drystone.wota, drystone.nota):
        for name in module.__all__:
            assert hasattr(module, name)


def imports(path: Path) -> Set[str]:
    """The modules of the package that a module imports, in any scope."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found


def test_no_module_imports_itself_through_others() -> None:
    modules = {path.stem: imports(path) for path in Path(drystone.__file__).parent.glob("*.py")}
    assert {"_library", "_lease"} <= modules["arena"]
    order = list(TopologicalSorter(modules).static_order())
    assert order.index("errors") < order.index("blob") < order.index("__init__")
