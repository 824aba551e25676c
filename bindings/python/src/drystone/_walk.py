"""Walks a Python value from the outside in, without recursion, and reports the paths of values."""

from __future__ import annotations

import json
import operator
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ._message_view import RecordView
from ._values import SYMBOL_PRIVATE, SYMBOL_SYSTEM, Carrier, Private
from .errors import DrystoneError, InvalidArgument, LimitExceeded, WrongType

#: The maximum nesting of containers, which every reader accepts by default.
MAX_DEPTH = 512
_PATH_LENGTH = 200

_Open = Tuple[Any, Iterator[Any], bool]


class Sink:
    """The writer of a walk. Leaves are looked up by exact type."""

    leaves: Dict[type, Callable[[Any], None]]

    def key(self, key: str) -> None:
        """A key of a record; its value is written next."""
        raise NotImplementedError

    def array(self, count: int) -> None:
        """The beginning of an array."""
        raise NotImplementedError

    def record(self, pairs: int) -> None:
        """The beginning of a record."""
        raise NotImplementedError

    def symbol(self, symbol: int) -> None:
        """A symbol, whose value is written next."""
        raise NotImplementedError


def walk(root: Any, sink: Sink) -> None:
    """Writes a value; a refusal is raised with the path of the value."""
    stack: List[_Open] = []
    here: _Open = ((root,), iter((root,)), False)
    leaf_of, write_key = sink.leaves.get, sink.key
    value: Any = None
    try:
        while True:
            _, iterator, is_record = here
            if is_record:
                for key, value in iterator:
                    if type(key) is not str:
                        key = _key(key)
                    write_key(key)
                    leaf = leaf_of(type(value))
                    if leaf is None:
                        break
                    leaf(value)
                else:
                    here = stack.pop()
                    continue
            else:
                for value in iterator:
                    leaf = leaf_of(type(value))
                    if leaf is None:
                        break
                    leaf(value)
                else:
                    if not stack:
                        return
                    here = stack.pop()
                    continue
            inner = _opened(value)
            if inner is None:
                _inherited(value, sink)
                continue
            if len(stack) == MAX_DEPTH:
                _refuse_depth([*stack, here])
            stack.append(here)
            here = inner
            _begin(inner, sink)
    except DrystoneError as error:
        if error.path is None:
            error.path = _path([*stack, here])
        raise


def _opened(value: Any) -> Optional[_Open]:
    """A container with an iterator over its content; None for other values."""
    if isinstance(value, dict):
        plain = value if type(value) is dict else dict(value)
        return plain, iter(plain.items()), True
    if isinstance(value, (list, tuple)):
        sequence = value if type(value) in (list, tuple) else list(value)
        return sequence, iter(sequence), False
    if isinstance(value, Carrier):
        return value, iter((value.value,)), False
    return None


def _begin(opened: _Open, sink: Sink) -> None:
    container, _, is_record = opened
    if is_record:
        sink.record(len(container))
    elif not isinstance(container, Carrier):
        sink.array(len(container))
    elif isinstance(container, Private):
        sink.symbol(SYMBOL_PRIVATE)
    elif isinstance(container.value, (dict, RecordView)):
        sink.symbol(SYMBOL_SYSTEM)
    else:
        raise WrongType("a system message must be a dict")


def _inherited(value: Any, sink: Sink) -> None:
    """Writes an instance of a subclass of a leaf type as a value of that exact type: no method of a subclass runs
    during a walk."""
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            sink.leaves[kind](convert(value))
            return
    raise WrongType(f"{_name(value)} cannot be sent")


_CONVERSIONS: Tuple[Tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (bytes, lambda value: bytes(memoryview(value))),
    (bytearray, lambda value: bytes(memoryview(value))),
)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise WrongType(f"{_name(key)} cannot be a key")


def _name(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"


def _refuse_depth(stack: List[_Open]) -> None:
    """Reports a cycle as a cycle, whatever depth revealed it."""
    seen = {id(container): place for place, (container, _, _) in enumerate(stack)}
    for place, (container, _, _) in enumerate(stack):
        if seen[id(container)] != place:
            again = next(n for n in range(place + 1, len(stack)) if stack[n][0] is container)
            raise InvalidArgument("a cycle: this value contains itself", path=_path(stack[:again]))
    raise LimitExceeded(f"more than {MAX_DEPTH} nested containers", path=_path(stack))


def _path(opened: List[_Open]) -> str:
    """`$.users[3].id`: computed from the positions of the iterators, so that it costs nothing until it is needed."""
    parts = ["$"]
    for container, iterator, is_record in opened[1:]:
        if isinstance(container, Carrier):
            parts.append(".value")
            continue
        index = len(container) - operator.length_hint(iterator) - 1
        if not is_record:
            parts.append(f"[{index}]")
            continue
        key = next(islice(container, max(index, 0), None), "?")
        plain = isinstance(key, str) and key.isidentifier()
        parts.append(f".{key}" if plain else f"[{json.dumps(key) if isinstance(key, str) else repr(key)}]")
    path = "".join(parts)
    if len(path) <= _PATH_LENGTH:
        return path
    half = _PATH_LENGTH // 2
    return f"{path[:half]} … {path[-half:]}"
