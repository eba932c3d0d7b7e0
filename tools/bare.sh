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
# Needs root, debootstrap and a Debian mirror; takes the committed state.  What
# the machine says about reaching mirror and registry is handed on: apt's and
# pip's settings, certificates, and the environment's words about them.

set -eu
PACKAGES="python3 python3-venv make gcc pkg-config libssl-dev ca-certificates"
COMMANDS=${1:-make demo && make test}
source=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" -eq 0 ] || { echo 'make bare needs root' >&2; exit 1; }
command -v debootstrap >/dev/null || {
    echo 'make bare needs debootstrap: apt-get install debootstrap' >&2
    exit 1
}

# A namespace of its own for the mounts: they are gone whatever happens.
if [ -z "${BARE_INSIDE:-}" ]; then
    exec unshare --mount --propagation private env BARE_INSIDE=1 sh "$0" "$@"
fi

root=$(mktemp -d "${TMPDIR:-/var/tmp}/brisktls-bare.XXXXXX")
finish() {
    umount "$root/proc" "$root/dev/pts" "$root/dev" 2>/dev/null || true
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
    mirror=${MIRROR:-$(awk '/^URIs:/ {print $2; exit}' \
        /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)}
    debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 || {
        tail -5 "$root.log" >&2
        exit 1
    }
    rm -f "$root.log"
fi

copy() { # a file or folder of the machine to the same place in the root
    [ -e "$1" ] || return 0
    mkdir -p "$root$(dirname "$1")"
    cp -aL "$1" "$root$(dirname "$1")/"
}
copy /etc/apt/apt.conf.d
copy /etc/resolv.conf
copy /etc/hosts
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
# Terminals too: some tests open one.
mount --bind /dev/pts "$root/dev/pts"

inside() {
    # The commands see the root's own paths, and what the machine says about networks.
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive $(env | grep -iE '^(pip_(cert|index|extra_index|default_timeout)|[a-z]+_proxy=)[^ ]*$' || true) \
        chroot "$root" sh -c "$1"
}
inside "apt-get -qq update && apt-get -qq install --yes --no-install-recommends $PACKAGES" \
    >"$root/install.log" 2>&1 || { tail -20 "$root/install.log" >&2; exit 1; }

# Certificates and pip's settings after the packages, which bring their own.
copy /etc/ssl/certs/ca-certificates.crt
copy /etc/pip.conf
copy "$HOME/.config/pip"
git -C "$source" rev-parse --short HEAD | sed 's/^/committed state: /'
git clone --quiet --no-hardlinks "$source" "$root/root/brisktls"
echo "in the root: Debian $(cat "$root/etc/debian_version"), $(inside 'python3 --version'), $PACKAGES"
inside "test ! -e /usr/include/python3.11/Python.h" && echo "in the root: no Python headers"
inside "cd /root/brisktls && $COMMANDS"
echo "bare Debian: done: $COMMANDS"
