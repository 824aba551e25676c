"""Texts in the library's form: UTF-8, where a lone surrogate is three bytes."""

from __future__ import annotations


def joined(text: str) -> str:
    """The text with every pair of surrogates replaced by its character; lone ones stay."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def utf8(text: str) -> bytes:
    """Its bytes."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return joined(text).encode("utf-8", "surrogatepass")
