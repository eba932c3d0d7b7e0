#!/bin/sh
# Runs the tests on newer platforms, in Debian roots under .build/matrix, and prints a
# table of what came out:
#
#   trixie           Debian 13: Python 3.13, OpenSSL 3.5
#   free-threaded    there too: a Python 3.14 without its lock, built from Debian's source
#   sid-3.13 -3.14 -3.15    Debian's unstable: OpenSSL 3.6
#   openssl-4.0      there too: OpenSSL of Debian's experimental, unpacked beside the other
#
#   tools/matrix.sh [row ...] [-- pytest's options]    `sid` stands for all that begin so
#
# MATRIX_RUN="command" there instead of the tests (tools/ktls.sh)
#
# The tests are those of `make test`; the linters and type checkers, which say the same
# everywhere, are left out.  Needs root, debootstrap and a Debian mirror.  Roots, builds
# and environments are kept for the next time; `make clean` removes them.

set -eu
ROWS="trixie free-threaded sid-3.13 sid-3.14 sid-3.15 openssl-4.0"
PACKAGES="ca-certificates curl gcc gnutls-bin libffi-dev libssl-dev make openssl pkg-config"
CPYTHON=3.14.7
CPYTHON_SHA256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
CPYTHON_PACKAGES="python3 xz-utils zlib1g-dev libbz2-dev liblzma-dev libsqlite3-dev"
source=$(cd "$(dirname "$0")/.." && pwd)
matrix=$source/.build/matrix

. "$source/tools/roots.sh"
need_roots matrix "$@"

describe() { # sets what follows from a row's name
    environment='' packages=''
    case $1 in
        trixie) suite=trixie python=python3.13 ;;
        free-threaded) suite=trixie python=/opt/cpython/bin/python3.14t packages=$CPYTHON_PACKAGES ;;
        sid-*) suite=sid python=python${1#sid-} ;;
        openssl-4.0)
            suite=sid python=python3.14
            lib=/opt/openssl-4.0/usr/lib/$(gcc -print-multiarch)
            environment="PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib"
            environment="$environment PATH=/opt/openssl-4.0/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            environment="$environment OPENSSL_MODULES=$lib/ossl-modules"
            ;;
    esac
    case $python in
        python*) packages="$python-dev $python-venv" ;;
    esac
    root=$matrix/$suite
}

chosen() { # rows that begin with one of the words, all of them without a word
    [ $# -gt 0 ] || set -- ""
    for row in $ROWS; do
        for word; do
            case $row in "$word"*) echo "$row"; break ;; esac
        done
    done
}

mirror_of_root() {
    awk '/^deb / {print $2; exit}' "$root/etc/apt/sources.list"
}

prepare_root() {
    [ -d "$root" ] || {
        echo "making a root of Debian's $suite"
        rm -rf "$root.new"
        make_root "$suite" "$root.new" && mv "$root.new" "$root" || return 1
    }
    grep -q " $root/proc " /proc/mounts || open_root
    inside "dpkg -s $PACKAGES $packages >/dev/null 2>&1" || install_inside "$PACKAGES $packages"
}

prepare_cpython() {
    [ -x "$root/opt/cpython/bin/python3.14t" ] && return
    echo "building CPython $CPYTHON without its lock"
    name=python3.14_$CPYTHON.orig.tar.xz
    inside "set -e; mkdir -p /opt/build; cd /opt/build
        /usr/lib/apt/apt-helper download-file \
            $(mirror_of_root)/pool/main/p/python3.14/$name $name SHA256:$CPYTHON_SHA256
        tar --strip-components=1 -xf $name
        ./configure --disable-gil --prefix=/opt/cpython
        make -j2
        make install
        rm -rf /opt/build" >"$root/cpython.log" 2>&1 || {
        tail -20 "$root/cpython.log" >&2
        return 1
    }
}

prepare_openssl() {
    [ -e "$root/opt/openssl-4.0/usr/bin/openssl" ] && [ -e "$root/opt/openssl-4.0/done" ] && return
    echo "unpacking OpenSSL of Debian's experimental"
    echo "deb $(mirror_of_root) experimental main" >"$root/etc/apt/sources.list.d/experimental.list"
    inside 'set -e; rm -rf /opt/openssl-4.0; mkdir -p /opt/openssl-4.0; cd /opt/openssl-4.0
        apt-get -qq update
        apt-get -qq download libssl4/experimental libssl-dev/experimental openssl/experimental
        for package in *.deb; do dpkg -x "$package" .; done
        # The headers of the architecture lie where the compiler would find the older ones.
        sed -i "s#=/usr#=$PWD/usr#; s#^Cflags:.*#& -I\${includedir}/$(gcc -print-multiarch)#" \
            usr/lib/*/pkgconfig/*.pc
        touch done' >"$root/openssl.log" 2>&1 || {
        tail -20 "$root/openssl.log" >&2
        return 1
    }
}

prepare_sources() { # the tree as it is, changes included; what was built from it stays
    place=$root/root/$row
    mkdir -p "$place"
    find "$place" -mindepth 1 -maxdepth 1 ! -name .venv ! -name build ! -name .build \
        -exec rm -rf {} +
    # A file that was deleted, but not yet from the index, is named twice.
    cd "$source"
    { git ls-files --cached --others --exclude-standard && git ls-files --deleted; } |
        sort | uniq -u | tar -cf - -T - | tar -xf - -C "$place"
}

build() {
    echo "building brisktls for $row"
    inside "cd /root/$row && $environment PYTHON=$python make setup &&
        .venv/bin/python -m pip install -qq --group test" >"$root/$row.log" 2>&1 || {
        tail -20 "$root/$row.log" >&2
        return 1
    }
}

prepare() {
    prepare_root && case $row in
        free-threaded) prepare_cpython ;;
        openssl-4.0) prepare_openssl ;;
    esac && prepare_sources && build
}

count() { # a word of pytest's last line
    tail -1 "$root/$row.log" | grep -oE "[0-9]+ $1" | awk '{sum += $1} END {print sum + 0}'
}

run() {
    describe "$row"
    echo "== $row"
    versions="- -"
    if prepare; then
        versions=$(inside "cd /tmp && $environment /root/$row/.venv/bin/python -c '
import sys
from OpenSSL import SSL
lock = getattr(sys, \"_is_gil_enabled\", lambda: True)()
print(sys.version.split()[0] + (\"\" if lock else \"t\"), SSL.OpenSSL_version(0).split()[1].decode())
'") || versions="- -"
        inside "cd /root/$row && $environment $command $options" 2>&1 |
            tee "$root/$row.log"
        line=$(printf '%-14s %-8s %-8s %6s %6s %7s' "$row" $versions \
            "$(count passed)" "$(count '(failed|error)')" "$(count skipped)")
        [ "$(count passed)" -gt 0 ] && [ "$(count '(failed|error)')" -eq 0 ] || status=1
    else
        line=$(printf '%-14s could not be prepared' "$row") status=1
    fi
    table="$table$line
"
}

words=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    words="$words $1"
    shift
done
[ $# -eq 0 ] || shift
command=${MATRIX_RUN:-.venv/bin/python -m pytest --timeout 600}
options=
for option; do
    options="$options '$option'"
done
rows=$(chosen $words)
[ -n "$rows" ] || { echo "no such row; there are: $ROWS" >&2; exit 2; }

mkdir -p "$matrix"
status=0 table=
for row in $rows; do
    run
done
printf '\n%-14s %-8s %-8s %6s %6s %7s\n%s' row Python OpenSSL passed failed skipped "$table"
exit $status
