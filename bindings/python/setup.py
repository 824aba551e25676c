"""Builds the Rust library with cargo and puts it into the package: pure Python with a native library for one
platform."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, List, Tuple

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution

HERE = Path(__file__).resolve().parent
#: The sources of the library: within a source distribution, else the repository.
RUST = HERE / "rust" if (HERE / "rust").is_dir() else HERE.parent.parent
MANIFEST = RUST / "Cargo.toml"
ENDINGS = (".so", ".dylib", ".dll")


def cargo(*arguments: str) -> bytes:
    """What cargo prints."""
    command = [os.environ.get("CARGO", "cargo"), *arguments, "--locked", "--manifest-path", str(MANIFEST)]
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    except FileNotFoundError:
        raise SystemExit("drystone is written in Rust: building it needs cargo") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{' '.join(command)}: exit status {error.returncode}") from None


def build_library() -> Path:
    """The shared library: DRYSTONE_BUILT_LIBRARY, else the path that cargo reports."""
    built = os.environ.get("DRYSTONE_BUILT_LIBRARY")
    if built:
        return Path(built)
    if not MANIFEST.is_file():
        raise SystemExit("drystone is built from its repository: pip install REPOSITORY/bindings/python")
    output = cargo("build", "--release", "--lib", "--message-format", "json-render-diagnostics")
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "drystone":
            for name in message["filenames"]:
                if name.endswith(ENDINGS):
                    return Path(name)
    raise SystemExit("cargo has built no shared library")


class BuildWithLibrary(build_py):
    """Copies the library next to the modules; for an editable install, next to their sources."""

    def run(self) -> None:
        library = build_library()
        super().run()
        package = HERE / "src/drystone" if self.editable_mode else Path(self.build_lib) / "drystone"
        package.mkdir(parents=True, exist_ok=True)
        # Do not overwrite a file that a process may have loaded.
        (package / library.name).unlink(missing_ok=True)
        shutil.copy(library, package / library.name)


class SourcesWithRust(sdist):
    """Includes the library's sources, as packed by cargo."""

    def make_release_tree(self, base_dir: str, files: List[Any]) -> None:
        super().make_release_tree(base_dir, files)
        with tempfile.TemporaryDirectory() as folder:
            cargo("package", "--no-verify", "--allow-dirty", "--package", "drystone", "--target-dir", folder)
            (crate,) = Path(folder, "package").glob("drystone-*.crate")
            with tarfile.open(crate) as packed:
                packed.extractall(folder)
            shutil.copytree(Path(folder, crate.stem), Path(base_dir, "rust"))


class PlatformWheel(bdist_wheel):
    """For any Python 3, independent of its ABI, on one platform."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> Tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    """Installed as a platform-specific package."""

    def has_ext_modules(self) -> bool:
        return True


setup(
    distclass=WithLibrary,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel, "sdist": SourcesWithRust},
)
