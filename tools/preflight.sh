#!/bin/sh
# Looks for everything a build needs before anything is built; each missing thing
# is named with the command that installs it.  Prints nothing when all is there.
#
# The Python headers may be absent on Debian and its children: they are then
# unpacked from their package into .build/python-headers, which needs no root
# where apt's package lists are there.

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
    # shellcheck disable=SC2086  # CC may hold words, as for make
    $CC "$@" "$work/try.c" -o "$work/try" >/dev/null 2>&1
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

compiler_there() {
    if ! printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { return puts("") < 0; }\n' |
        compiles; then
        lacks "a working C compiler with the C library's headers (as $CC)" \
            'gcc libc6-dev' 'gcc glibc-devel' 'xcode-select --install'
        return 1
    fi
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

header_folders() { # flags for the headers unpacked before, or nothing
    headers="$root/.build/python-headers/usr/include"
    [ -d "$headers" ] || return 0
    printf -- '-I%s -I%s' "$headers/$version" "$headers"
}

python_headers_there() {
    include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("platinclude"))')
    version=$("$PYTHON" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    # shellcheck disable=SC2046  # flags are words
    try_python() {
        printf '#include <Python.h>\nint main(void) { return 0; }\n' |
            compiles -I"$include" $(header_folders) -c
    }
    try_python && return
    if unpack_headers && try_python; then
        return
    fi
    lacks "the headers of Python ($include/Python.h)" python3-dev python3-devel \
        'brew install python'
}

unpack_headers() {
    case $include in
        /usr/include/*) ;;
        *) return 1 ;; # not Debian's own Python: its package would be another one
    esac
    command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || return 1
    package="lib$version-dev"
    if ! apt-cache show "$package" >/dev/null 2>&1; then
        [ "$(id -u)" -eq 0 ] || return 1
        apt-get -qq update >/dev/null || return 1
    fi
    echo "Unpacking the Python headers of Debian's $package into .build/python-headers" >&2
    (
        cd "$work" &&
            apt-get -qq download "$package" >/dev/null 2>download.log &&
            mkdir -p "$root/.build" &&
            rm -rf "$root/.build/python-headers" &&
            dpkg -x "$package"_*.deb unpacked &&
            mkdir -p "$root/.build/python-headers/usr" &&
            cp -R unpacked/usr/include "$root/.build/python-headers/usr/"
    ) || { cat "$work/download.log" >&2 2>/dev/null; return 1; }
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
# For the caller: how the compiler finds headers that are not where Python says.
if [ "${1:-}" = --flags ]; then
    header_folders
fi
exit 0
