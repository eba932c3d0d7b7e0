#!/bin/sh
# Makes a wheel for the running Python that carries its own OpenSSL:
#
#   tools/wheel.sh          OpenSSL 4.0, the newest stable series
#   tools/wheel.sh 3.5      the one with long-term support
#   tools/wheel.sh source   the source distribution instead
#
# The wheel comes into dist.  On Debian it asks for the C library of Debian 11 or newer; on
# other systems for that of the machine.  Two builds of one commit are equal byte for byte.

set -eu
series=${1:-4.0}
PYTHON=${PYTHON:-python3}
cd "$(dirname "$0")/.."
work=$PWD/.build/wheel
mkdir -p "$work"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
tag=$("$PYTHON" -c 'import sys; print("cp%d%d%s" % (*sys.version_info[:2], sys.abiflags))')
tools=$work/tools-$tag
[ -e "$tools/done" ] || {
    "$PYTHON" -m venv "$tools"
    "$tools/bin/python" -m pip -qq --disable-pip-version-check install --upgrade 'pip>=25.1'
    "$tools/bin/python" -m pip -qq --disable-pip-version-check install --group wheel
    touch "$tools/done"
}
if [ "$series" = source ]; then
    exec "$tools/bin/python" -m build --sdist --no-isolation --outdir dist
fi

if [ "$(uname -s)" = Linux ] && command -v dpkg >/dev/null && [ -z "${CC:-}" ]; then
    sh tools/old_libc.sh "$work/libc"
    PATH=$work/libc/bin:$PATH
    export CC=cc
fi
[ -e "$work/openssl-$series/sha256" ] || echo "Building OpenSSL $series (minutes, once)"
OPENSSL_ARCHIVES=$work sh tools/build_openssl.sh "$series" "$work/openssl-$series" \
    >"$work/openssl-$series.log" 2>&1 || { tail -20 "$work/openssl-$series.log" >&2; exit 1; }

rm -rf "$work/raw" "$work/repaired"
# Only the library that goes into the wheel is to be found.
PATH=$tools/bin:$PATH PKG_CONFIG_LIBDIR=$work/openssl-$series/lib/pkgconfig CCACHE_DISABLE=1 \
    "$tools/bin/python" -m pip -qq --disable-pip-version-check wheel . \
    --no-deps --no-build-isolation --wheel-dir "$work/raw" \
    -Csetup-args=-Dbundled=true
if [ "$(uname -s)" = Linux ]; then
    PATH=$tools/bin:$PATH "$tools/bin/python" -m auditwheel repair \
        --wheel-dir "$work/repaired" "$work"/raw/*.whl >"$work/repair.log" 2>&1 ||
        { tail -20 "$work/repair.log" >&2; exit 1; }
else
    mv "$work/raw" "$work/repaired"
fi
"$tools/bin/python" tools/finish_wheel.py "$work"/repaired/*.whl "$work/openssl-$series" dist
