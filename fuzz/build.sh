#!/bin/bash
# Builds all fuzz targets as OSS-Fuzz wants them: with $CC, $CXX, $CFLAGS and
# $LIB_FUZZING_ENGINE, into $OUT as NAME, NAME_seed_corpus.zip and NAME.dict. At home:
#
#   CC=clang CXX=clang++ CFLAGS='-g -O1 -fsanitize=address,fuzzer-no-link' \
#   LIB_FUZZING_ENGINE=-fsanitize=fuzzer OUT=/tmp/out WORK=/tmp/work fuzz/build.sh
set -eu
: "${CC:?}" "${CXX:?}" "${OUT:?}" "${LIB_FUZZING_ENGINE:?}"
export CC CXX CFLAGS="${CFLAGS:-}" LIB_FUZZING_ENGINE
src=$(cd "$(dirname "$0")/.." && pwd)
work=${WORK:-$(mktemp -d)}
mkdir -p "$OUT" "$work/libtrec"
[ -x "$src/configure" ] || (cd "$src" && autoreconf -fi)
cd "$work/libtrec"
# The engine may be a library in C++: the C++ compiler links, warnings about C flags aside.
# What the probes leave to the end of the program is not what is looked for.
ASAN_OPTIONS=detect_leaks=0 "$src/configure" --enable-fuzz=engine --disable-shared --disable-hardening --without-tests \
	--without-systemdsystemunitdir
programs=$(make -pn | sed -n 's/^noinst_PROGRAMS = //p' | tr ' ' '\n' | sed -n 's/\$(EXEEXT)//; s/^\(fuzz\/fuzz_.*\)/\1/p')
programs=${programs:-$(make -pn | sed -n 's/^\(fuzz\/fuzz_[a-z]*\):.*/\1/p' | sort -u)}
# shellcheck disable=SC2086 # names without blanks
make -j"$(nproc)" CCLD="$CXX" $programs
for program in $programs; do
	name=${program#fuzz/fuzz_}
	cp "$program" "$OUT/$name"
	[ ! -f "$src/fuzz/dict/$name" ] || cp "$src/fuzz/dict/$name" "$OUT/$name.dict"
	(cd "$src/fuzz/corpus/$name" && rm -f "$OUT/${name}_seed_corpus.zip" &&
		zip -q "$OUT/${name}_seed_corpus.zip" -- *)
done
