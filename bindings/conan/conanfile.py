"""drystone as a Conan package: the CMake project, built by cargo and installed by its own rules."""

from pathlib import Path
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain
from conan.tools.files import copy, load

#: The files that a build reads. Cargo needs every member of the workspace, though only the library is built.
SOURCES = (
    "Cargo.toml", "Cargo.lock", "build.rs", "src/*", "include/*", "examples/*", "cli/*", "post/*", "xtask/*",
    "benches/*", "CMakeLists.txt", "bindings/cmake/*", "bindings/link/*", "bindings/pkgconfig/*",
    "bindings/quickjs/*", "bindings/*.md", "docs/*", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-*",
)


class Drystone(ConanFile):
    name = "drystone"
    description = "Immutable blobs, messages, maps and mailboxes that actors and runtimes share without copying"
    license = "MIT OR Apache-2.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": True}

    def set_version(self) -> None:
        manifest = load(self, Path(self.recipe_folder, "../../Cargo.toml"))
        self.version = re.search(r'^version = "(.*)"', manifest, re.M).group(1)

    def export_sources(self) -> None:
        for pattern in SOURCES:
            copy(self, pattern, Path(self.recipe_folder, "../.."), self.export_sources_folder)

    def package_id(self) -> None:
        # One package has both libraries, built with cargo's release profile. They depend on the C library.
        del self.info.options.shared
        del self.info.settings.build_type
        del self.info.settings.compiler

    def generate(self) -> None:
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["DRYSTONE_BUILD_TESTS"] = False
        toolchain.generate()

    def build(self) -> None:
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self) -> None:
        CMake(self).install()

    def package_info(self) -> None:
        # find_package and pkg-config use the files that the project itself installs.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/drystone"]
        self.cpp_info.libs = ["drystone"]
        if not self.options.shared:
            self.cpp_info.system_libs = ["util", "rt", "pthread", "m", "dl", "c"]
