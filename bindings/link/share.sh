#!/bin/sh
# share.sh ARCHIVE SYMBOLS ABI RESULT [LIBRARY…]: makes the installed shared library from the ARCHIVE that localise.sh
# made: libNAME.so.ABI of libNAME.a. It exports the names listed in SYMBOLS, each with the version NAME_ABI in upper case
# (DRYSTONE_0), so that in a process with two loaded ABIs each caller gets the one that it was linked with. Cargo's own shared library has no versions, because
# rustc passes the linker an export list without a version name, and such a list excludes named ones.
#
# CC is the compiler that links, with its arguments. LIBRARY is a library that the code needs.
set -eu
archive=$1 symbols=$2 abi=$3 result=$4
shift 4

name=$(basename "$archive" .a)
folder=$(mktemp -d "$result.XXXXXX")
trap 'rm -rf "$folder"' EXIT
{
  echo "$(echo "${name#lib}" | tr '[:lower:]' '[:upper:]')_$abi {"
  echo "global:"
  sed 's/$/;/' "$symbols"
  echo "local: *;"
  echo "};"
} > "$folder/versions"
${CC:-cc} -shared -o "$folder/library" -s \
  -Wl,--version-script="$folder/versions" -Wl,-soname,"$name.so.$abi" \
  -Wl,--gc-sections -Wl,-O1 -Wl,-z,relro,-z,now \
  -Wl,--whole-archive "$archive" -Wl,--no-whole-archive -Wl,--as-needed "$@"
chmod 755 "$folder/library"
mv "$folder/library" "$result"
