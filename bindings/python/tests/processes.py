"""Programs that run in processes of their own, whatever the tests' own process was started with."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Dict, Tuple

import drystone

#: Seconds: longer than any machine takes, however loaded. A program that hangs says where, and ends, before.
PATIENCE = 600.0
#: Who starts the tests in the background ignores SIGINT, and children inherit that.
_SIGNALS = """
import faulthandler, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
faulthandler.register(signal.SIGALRM, chain=True)
signal.alarm(240)
"""


def environment() -> Dict[str, str]:
    """Where the package is imported from, and nothing else that Python looks at."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return dict(kept, PYTHONPATH=str(Path(drystone.__file__).parents[1]), PYTHONIOENCODING="utf-8")


def start(program: str) -> "subprocess.Popen[str]":
    """Starts a program, with its signals as a shell in the foreground leaves them."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", _SIGNALS + textwrap.dedent(program)]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def run(program: str) -> Tuple[int, str, str]:
    """Its status, and what it printed and complained about."""
    process = start(program)
    try:
        out, error = process.communicate(timeout=PATIENCE)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, error
