"""Builds the Rust library with cargo and puts it into the package: pure Python beside a library for one platform."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Tuple

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = Path(__file__).resolve().parent
MANIFEST = HERE.parent.parent / "Cargo.toml"
ENDINGS = (".so", ".dylib", ".dll")


def build_library() -> Path:
    """The shared library, where cargo says that it has put it."""
    if not MANIFEST.is_file():
        raise SystemExit("drystone is built from its repository: pip install REPOSITORY/bindings/python")
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--lib", "--locked"]
    command += ["--manifest-path", str(MANIFEST), "--message-format", "json-render-diagnostics"]
    try:
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    except FileNotFoundError:
        raise SystemExit("drystone is written in Rust: building it needs cargo") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{' '.join(command)}: exit status {error.returncode}") from None
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "drystone":
            for name in message["filenames"]:
                if name.endswith(ENDINGS):
                    return Path(name)
    raise SystemExit("cargo has built no shared library")


class BuildWithLibrary(build_py):
    """Copies the library beside the modules; for an editable install, beside their sources."""

    def run(self) -> None:
        library = build_library()
        super().run()
        package = HERE / "src/drystone" if self.editable_mode else Path(self.build_lib) / "drystone"
        package.mkdir(parents=True, exist_ok=True)
        # Not over a file that some process has loaded.
        (package / library.name).unlink(missing_ok=True)
        shutil.copyfile(library, package / library.name)


class PlatformWheel(bdist_wheel):
    """Any Python 3, without an ABI of its own, on one platform."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> Tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    """Goes to where libraries for a platform go."""

    def has_ext_modules(self) -> bool:
        return True


setup(distclass=WithLibrary, cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel})
