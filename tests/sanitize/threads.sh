#!/bin/sh
# Builds what ThreadSanitizer needs into .build/sanitize/threads, every part once: a CPython
# without its lock, an OpenSSL and the package's core, all three instrumented.  A changed
# source of the package is built again.

set -eu
cd "$(dirname "$0")/../.."
ROOT=$PWD
WORK=$ROOT/.build/sanitize/threads
BIN=$ROOT/${VENV:-.venv}/bin
CPYTHON=3.14.7
CPYTHON_SHA256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
OPENSSL=3.5.7
OPENSSL_SHA256=a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8
PYTHON=$WORK/python/bin/python3.14t
# What builds run is instrumented too, and is not what is asked about.
export TSAN_OPTIONS=report_bugs=0 CC=clang CXX=clang++
mkdir -p "$WORK"

runtime() {
    clang -print-file-name="libclang_rt.tsan-$(uname -m).a" 2>/dev/null || true
}

if [ ! -e "$(runtime)" ]; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing clang and its run-time library"
        packages="clang llvm libclang-rt-dev"
        apt-cache show libclang-rt-dev >/dev/null 2>&1 ||
            packages="clang llvm libclang-rt-14-dev"
        # shellcheck disable=SC2086  # packages are words
        DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
            $packages >/dev/null
    fi
    [ -e "$(runtime)" ] || {
        echo "clang with its ThreadSanitizer is needed: apt-get install clang libclang-rt-dev" >&2
        exit 1
    }
fi

unpack() { # an archive of Debian's, by its path and digest, into $WORK/source
    mirror=
    if grep -qs '^ID=debian' /etc/os-release; then
        mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/*.sources || true)
    fi
    archive=$WORK/$(basename "$1")
    echo "$2  $archive" | sha256sum --check --status 2>/dev/null ||
        curl -fsSL -o "$archive" "${mirror:-http://deb.debian.org/debian}/pool/main/$1"
    echo "$2  $archive" | sha256sum --check --quiet
    rm -rf "$WORK/source"
    mkdir "$WORK/source"
    tar xf "$archive" -C "$WORK/source" --strip-components=1
}

finish() { # the log of a part that could not be built
    tail -20 "$1" >&2
    exit 1
}

if [ ! -e "$WORK/python/done" ]; then
    echo "Building CPython $CPYTHON without its lock (minutes, once)"
    unpack "p/python3.14/python3.14_$CPYTHON.orig.tar.xz" "$CPYTHON_SHA256"
    (
        cd "$WORK/source"
        ./configure --disable-gil --with-thread-sanitizer --without-ensurepip \
            --disable-test-modules --prefix="$WORK/python"
        make -s -j2
        make -s install COMPILEALL_OPTS="-x ."  # which would take longer than all the rest
        cp Tools/tsan/suppressions_free_threading.txt "$WORK/interpreter.txt"
        touch "$WORK/python/done"
    ) >"$WORK/python.log" 2>&1 || finish "$WORK/python.log"
fi

if [ ! -e "$WORK/openssl/lib/pkgconfig/libssl.pc" ]; then
    echo "Building OpenSSL $OPENSSL (minutes, once)"
    unpack "o/openssl/openssl_$OPENSSL.orig.tar.gz" "$OPENSSL_SHA256"
    (
        cd "$WORK/source"
        # NO_ATOMICS: it counts references with fences, which ThreadSanitizer does not know.
        ./Configure "linux-$(uname -m)" shared no-tests no-apps no-docs no-legacy no-engine \
            -DOPENSSL_DEV_NO_ATOMICS -fsanitize=thread -fPIC -O1 -g1 \
            --prefix="$WORK/openssl" --libdir=lib --openssldir=/etc/ssl
        make -s -j2 build_libs
        make -s install_dev
    ) >"$WORK/openssl.log" 2>&1 || finish "$WORK/openssl.log"
fi
rm -rf "$WORK/source"

# Without names nothing is excused, and the system's program does not run over this OpenSSL.
symbolizer=$(command -v llvm-symbolizer || clang -print-prog-name=llvm-symbolizer)
[ -x "$symbolizer" ] || {
    echo "llvm-symbolizer is needed: apt-get install llvm" >&2
    exit 1
}
printf '#!/bin/sh\nunset LD_LIBRARY_PATH\nexec "%s" "$@"\n' "$symbolizer" \
    >"$WORK/llvm-symbolizer"
chmod +x "$WORK/llvm-symbolizer"

# The certificates of the tests are made with it.
[ -e "$WORK/packages/cryptography" ] || {
    platforms=
    for each in manylinux2014 manylinux_2_28 manylinux_2_34; do
        platforms="$platforms --platform ${each}_$(uname -m)"
    done
    # shellcheck disable=SC2086  # platforms are words
    "$BIN/python" -m pip install -qq --target "$WORK/packages" --only-binary=:all: \
        --implementation cp --python-version 3.14 --abi cp314t $platforms cryptography
}

PATH=$BIN:$PATH
export PATH PKG_CONFIG_PATH="$WORK/openssl/lib/pkgconfig"
[ -e "$WORK/build/build.ninja" ] || {
    echo "Building the core"
    printf "[binaries]\ncython = '%s'\npython = '%s'\n" "$BIN/cython" "$PYTHON" >"$WORK/tools.ini"
    meson setup "$WORK/build" . --prefix "$WORK/site" --native-file "$WORK/tools.ini" \
        -Db_sanitize=thread -Db_lundef=false -Doptimization=1 -Ddebug=true \
        "-Dpython.platlibdir=$WORK/site" "-Dpython.purelibdir=$WORK/site" \
        >"$WORK/setup.log" 2>&1 || finish "$WORK/setup.log"
}
meson install -C "$WORK/build" --quiet >"$WORK/build.log" 2>&1 || finish "$WORK/build.log"
