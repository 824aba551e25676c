#!/bin/sh
# localise.sh ARCHIVE SYMBOLS RESULT: the static library as users get it. Of cargo's ARCHIVE, which has Rust's standard
# library in it with all its names, the code that the names listed in SYMBOLS need, as one object in RESULT in which
# only those names are global. So it meets no second Rust library in one program (rust_eh_personality and others would
# be defined twice), and a user's shared library exports nothing of it that is not listed.
#
# Section groups are dissolved: a linker that has ours would leave out those of the same name elsewhere.
# LD, OBJCOPY and AR name the tools; tested with GNU binutils.
set -eu
archive=$1 symbols=$2 result=$3

name=$(basename "$result" .a)
folder=$(mktemp -d "$result.XXXXXX")
trap 'rm -rf "$folder"' EXIT
sed 's/^/-u /' "$symbols" > "$folder/roots"
"${LD:-ld}" -r --gc-sections --force-group-allocation "@$folder/roots" -o "$folder/${name#lib}.o" "$archive"
# The standard library's bitcode is of no use any more, and tools of another LLVM stumble over it.
"${OBJCOPY:-objcopy}" --remove-section=.llvmbc --remove-section=.llvmcmd --strip-unneeded \
  --keep-global-symbols="$symbols" "$folder/${name#lib}.o"
"${AR:-ar}" rcs "$folder/$name.a" "$folder/${name#lib}.o"
chmod 644 "$folder/$name.a"
mv "$folder/$name.a" "$result"
