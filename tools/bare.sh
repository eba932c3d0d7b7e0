#!/bin/sh
# Proves the two commands of the README in a bare Debian 12: a root made with
# debootstrap that has Debian's minimal system and seven packages, no more.
#
#   tools/bare.sh                 make demo, then make test
#   tools/bare.sh 'make demo'     the commands given instead
#
# BARE_BASE=folder  a debootstrap root made before, copied instead of made anew
# BARE_KEEP=1       leave the root there, and say where
#
# Needs root, debootstrap and a Debian mirror; takes the committed state.

set -eu
PACKAGES="python3 python3-venv make gcc pkg-config libssl-dev ca-certificates"
COMMANDS=${1:-make demo && make test}
source=$(cd "$(dirname "$0")/.." && pwd)

. "$source/tools/roots.sh"
need_roots bare "$@"

root=$(mktemp -d "${TMPDIR:-/var/tmp}/brisktls-bare.XXXXXX")
finish() {
    close_root
    if [ -n "${BARE_KEEP:-}" ]; then
        echo "kept: $root"
    elif ! grep -q " $root/" /proc/mounts; then
        rm -rf "$root"
    fi
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

if [ -n "${BARE_BASE:-}" ]; then
    cp -a "$BARE_BASE/." "$root/"
else
    make_root bookworm "$root"
fi
open_root
install_inside $PACKAGES
git -C "$source" rev-parse --short HEAD | sed 's/^/committed state: /'
git clone --quiet --no-hardlinks "$source" "$root/root/brisktls"
echo "in the root: Debian $(cat "$root/etc/debian_version"), $(inside 'python3 --version'), $PACKAGES"
inside "test ! -e /usr/include/python3.11/Python.h" && echo "in the root: no Python headers"
inside "cd /root/brisktls && $COMMANDS"
echo "bare Debian: done: $COMMANDS"
