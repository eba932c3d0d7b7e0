#!/bin/sh
# Builds what coverage-guided fuzzing needs into .build/fuzz: libFuzzer as a library to be
# preloaded, a libssl and the package's core that report their coverage to it.
# Every part is made once; a changed source of the package is built again.
# `build.sh address` makes a core with AddressSanitizer as well, in .build/fuzz-address; libssl
# stays the same and takes its memory from the sanitizer.

set -eu
cd "$(dirname "$0")/../.."
KIND=${1:-}
WORK=$PWD/.build/fuzz${KIND:+-$KIND}
PYTHON=$PWD/${VENV:-.venv}/bin/python
VERSION=3.5.7
SHA256=a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8
# Without stack depth: its counter is thread-local and cannot be preloaded.
COVERED="-fsanitize=fuzzer-no-link -fno-sanitize-coverage=stack-depth"
runtime() {
    clang -print-file-name="libclang_rt.fuzzer_no_main-$(uname -m).a" 2>/dev/null || true
}

OPENSSL=$PWD/.build/fuzz/openssl
mkdir -p "$WORK"

if [ ! -e "$(runtime)" ]; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing clang and its run-time library"
        packages="clang libclang-rt-dev"
        apt-cache show libclang-rt-dev >/dev/null 2>&1 || packages="clang libclang-rt-14-dev"
        # shellcheck disable=SC2086  # packages are words
        DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
            $packages >/dev/null
    fi
    [ -e "$(runtime)" ] || {
        echo "clang with its libFuzzer is needed: apt-get install clang libclang-rt-dev" >&2
        exit 1
    }
fi

CORE=$COVERED
LINKED=
PRELOADED=$WORK/libfuzzer.so
if [ "$KIND" = address ]; then
    CORE="$COVERED -fsanitize=address -fno-omit-frame-pointer"
    # Meson tries whether a program runs.
    LINKED="-fsanitize=address -shared-libasan -Wl,-rpath,$(dirname "$(runtime)")"
    ln -sf "$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")" "$WORK/libasan.so"
    PRELOADED="$PRELOADED $WORK/libasan.so"
    export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
fi

if [ ! -e "$WORK/libfuzzer.so" ]; then
    clang++ -shared -o "$WORK/libfuzzer.so" \
        -Wl,--whole-archive "$(runtime)" -Wl,--no-whole-archive -lpthread -ldl -lm
fi

if [ ! -e "$WORK/libnocompares.so" ]; then
    clang -O2 -Wall -fPIC -shared -o "$WORK/libnocompares.so" tests/fuzz/no_compares.c
fi

if [ ! -e "$OPENSSL/lib/pkgconfig/libssl.pc" ]; then
    echo "Building OpenSSL $VERSION with coverage (minutes, once)"
    mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
    archive=openssl_$VERSION.orig.tar.gz
    curl -fsSL -o "$WORK/$archive" \
        "${mirror:-http://deb.debian.org/debian}/pool/main/o/openssl/$archive"
    echo "$SHA256  $WORK/$archive" | sha256sum --check --quiet
    rm -rf "$WORK/source"
    mkdir "$WORK/source"
    tar xzf "$WORK/$archive" -C "$WORK/source" --strip-components=1
    (
        cd "$WORK/source"
        # FUZZING_BUILD_MODE: signatures and checksums that do not fit are let through,
        # so that inputs get far.
        # shellcheck disable=SC2086  # flags are words
        CC=clang ./Configure "linux-$(uname -m)" shared no-tests no-apps no-docs \
            no-legacy no-engine -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -DPEDANTIC \
            $COVERED -fsanitize-coverage-ignorelist="$PWD/../../../tests/fuzz/uncovered.txt" \
            -fPIC -g1 --prefix="$OPENSSL" --libdir=lib --openssldir=/etc/ssl
        make -s -j2 build_libs
        make -s install_dev
    ) >"$OPENSSL.log" 2>&1 || { tail -20 "$OPENSSL.log"; exit 1; }
    rm -rf "$WORK/source" "${WORK:?}/$archive"
fi

if [ ! -e "$WORK/libfixedrandom.so" ]; then
    clang -Wall -Wno-deprecated-declarations -fPIC -shared -o "$WORK/libfixedrandom.so" \
        -I"$OPENSSL/include" tests/fuzz/fixed_random.c -L"$OPENSSL/lib" -lcrypto
fi

export PKG_CONFIG_PATH="$OPENSSL/lib/pkgconfig" CC=clang
PATH=$PWD/${VENV:-.venv}/bin:$PATH
export PATH
[ -e "$WORK/build/build.ninja" ] || {
    echo "Building the core with coverage"
    meson setup "$WORK/build" . --prefix "$WORK/site" --native-file .build/tools.ini \
        -Db_lundef=false -Dbuildtype=release "-Dc_args=$CORE" "-Dc_link_args=$LINKED" \
        "-Dpython.platlibdir=$WORK/site" "-Dpython.purelibdir=$WORK/site" \
        >"$WORK/setup.log" 2>&1 || { tail -20 "$WORK/setup.log"; exit 1; }
}
meson install -C "$WORK/build" --quiet >"$WORK/build.log" 2>&1 ||
    { tail -20 "$WORK/build.log"; exit 1; }
LD_PRELOAD="$PRELOADED" LD_LIBRARY_PATH="$OPENSSL/lib" PYTHONPATH="$WORK/site" \
    "$("$PYTHON" -c 'import sys; print(sys._base_executable)')" -c \
    'from OpenSSL import SSL; print("ready to fuzz:", SSL.OpenSSL_version(0).decode())'
