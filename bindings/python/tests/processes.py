"""Programs that run in separate processes, independent of how the tests' process was started."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Dict, Tuple

import drystone

#: Seconds: longer than any machine takes, however loaded. A program that hangs prints where and ends before that.
PATIENCE = 600.0
#: When the tests are started in the background, SIGINT is ignored, and children inherit that.
_SIGNALS = """
import faulthandler, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
faulthandler.register(signal.SIGALRM, chain=True)
signal.alarm(240)
"""


def environment() -> Dict[str, str]:
    """The path from which the package is imported, without any other variable that affects Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return dict(kept, PYTHONPATH=str(Path(drystone.__file__).parents[1]), PYTHONIOENCODING="utf-8")


def start(program: str) -> "subprocess.Popen[str]":
    """Starts a program with the signal handling of a shell's foreground job."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", _SIGNALS + textwrap.dedent(program)]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def run(program: str) -> Tuple[int, str, str]:
    """Its exit status, output and error output."""
    process = start(program)
    try:
        out, error = process.communicate(timeout=PATIENCE)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, error
