#!/bin/sh
# Looks for everything a build needs before anything is built; each missing thing
# is named with the command that installs it.  Prints nothing when all is there.
#
# Two things nobody thinks of may be absent on Debian and its children: the headers
# of Python (python3-dev) and, with a gcc installed without what it recommends, those
# of the C library (libc6-dev).  Both are then unpacked from their packages into
# .build/debian in this folder: nothing is installed, and no root is needed where
# apt's package lists are there.
#
# With --flags it prints what the compiler has to be told to find them there.

set -u
PYTHON=${PYTHON:-python3}
CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
root=$(cd "$(dirname "$0")/.." && pwd)
missing=0

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

lacks() { # what, Debian packages, Fedora packages, macOS command
    [ "$missing" -eq 0 ] && printf 'brisktls cannot be built yet.\n' >&2
    missing=1
    printf '\nMissing: %s\n' "$1" >&2
    printf '  Debian, Ubuntu  apt-get install %s\n' "$2" >&2
    printf '  Fedora          dnf install %s\n' "$3" >&2
    printf '  macOS           %s\n' "$4" >&2
}

compiles() { # the program is on standard input; further words go to the compiler
    cat >"$work/try.c"
    # shellcheck disable=SC2046,SC2086  # CC may hold words, as for make
    $CC $(unpacked_flags) "$work/try.c" -o "$work/try" "$@" >/dev/null 2>&1
}

unpacked="$root/.build/debian"
unpacked_flags() {
    [ -d "$unpacked/usr/include" ] || return 0
    machine=$($CC -dumpmachine)
    for folder in "$unpacked"/usr/include/python3.*; do
        [ -d "$folder" ] && printf -- '-I%s ' "$folder"
    done
    printf -- '-I%s' "$unpacked/usr/include"
    if [ -e "$unpacked/usr/lib/$machine/libc.so" ]; then
        printf -- ' -I%s' "$unpacked/usr/include/$machine"
        printf -- ' -B%s/ -L%s' "$unpacked/usr/lib/$machine" "$unpacked/usr/lib/$machine"
    fi
}

unpack() { # Debian packages
    command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || return 1
    if ! apt-cache show "$1" >/dev/null 2>&1; then
        [ "$(id -u)" -eq 0 ] || return 1
        apt-get -qq update >/dev/null 2>&1 || return 1
    fi
    echo "Unpacking Debian's $* into .build/debian, as they are not installed" >&2
    mkdir -p "$work/packages" "$unpacked"
    (cd "$work/packages" && apt-get -qq download "$@" >/dev/null 2>&1) || return 1
    for package in "$work"/packages/*.deb; do
        dpkg -x "$package" "$unpacked" || return 1
    done
    rm -r "$work/packages"
}

python_there() {
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        lacks "Python 3.10 or newer (as $PYTHON; another one: make PYTHON=python3.12)" \
            python3 python3 'brew install python'
        return 1
    fi
    if ! "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then
        lacks 'the venv and ensurepip modules of Python' python3-venv python3 \
            'brew install python'
    fi
}

try_compiler() {
    printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { return puts("") < 0; }\n' |
        compiles
}

unpack_libc() {
    # A compiler that is not there at all is not ours to bring.
    machine=$($CC -dumpmachine 2>/dev/null) || return 1
    unpack libc6-dev linux-libc-dev libcrypt-dev || return 1
    # The linker's scripts among them name their parts by their installed places.
    for script in libc.so libm.so; do
        sed -i "s# /usr/lib/$machine/\([a-z_]*\.a\)# $unpacked/usr/lib/$machine/\1#g" \
            "$unpacked/usr/lib/$machine/$script" || return 1
    done
}

compiler_there() {
    try_compiler && return
    unpack_libc && try_compiler && return
    lacks "a working C compiler with the C library's headers (as $CC)" \
        'gcc libc6-dev' 'gcc glibc-devel' 'xcode-select --install'
    return 1
}

openssl_there() {
    if ! "$PKG_CONFIG" --version >/dev/null 2>&1; then
        lacks 'pkg-config' pkg-config pkgconf-pkg-config 'brew install pkgconf'
        return
    fi
    if "$PKG_CONFIG" --exists 'openssl >= 3.0'; then
        flags=$("$PKG_CONFIG" --cflags --libs openssl)
        # shellcheck disable=SC2086  # flags are words
        if [ "$compiler" = no ] || printf '#include <openssl/ssl.h>\nint main(void) { return 0; }\n' |
            compiles $flags; then
            return
        fi
    fi
    found=$("$PKG_CONFIG" --modversion openssl 2>/dev/null)
    lacks "the headers of OpenSSL 3.0 or newer (found: ${found:-none})" \
        libssl-dev openssl-devel 'brew install openssl@3'
}

python_headers_there() {
    include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("platinclude"))')
    version=$("$PYTHON" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    try_python() {
        printf '#include <Python.h>\nint main(void) { return 0; }\n' | compiles -I"$include"
    }
    try_python && return
    # Another Python than Debian's own needs headers of its own.
    case $include in
        /usr/include/*) unpack "lib$version-dev" && try_python && return ;;
    esac
    lacks "the headers of Python ($include/Python.h)" python3-dev python3-devel \
        'brew install python'
}

compiler=yes
compiler_there || compiler=no
python=yes
python_there || python=no
openssl_there
if [ "$compiler" = yes ] && [ "$python" = yes ]; then
    python_headers_there
fi

if [ "$missing" -ne 0 ]; then
    printf '\nInstall what is missing, then run make again.\n' >&2
    exit 1
fi
if [ "${1:-}" = --flags ]; then
    unpacked_flags
fi
exit 0
