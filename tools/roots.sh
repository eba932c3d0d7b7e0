# Debian roots of their own, for the scripts that read this file with `.`
# (tools/bare.sh, tools/matrix.sh).  What the machine says about reaching mirror and
# registry is handed on: apt's and pip's settings, certificates, and the environment's
# words about them.

need_roots() { # the target that needs them; the script's arguments
    [ "$(id -u)" -eq 0 ] || { echo "make $1 needs root" >&2; exit 1; }
    command -v debootstrap >/dev/null || {
        echo "make $1 needs debootstrap: apt-get install debootstrap" >&2
        exit 1
    }
    # A namespace of its own for the mounts: they are gone whatever happens.
    if [ -z "${ROOTS_INSIDE:-}" ]; then
        shift
        exec unshare --mount --propagation private env ROOTS_INSIDE=1 sh "$0" "$@"
    fi
}

make_root() { # suite, folder
    mirror=${MIRROR:-$(awk '/^URIs:/ {print $2; exit}' \
        /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)}
    debootstrap --variant=minbase "$1" "$2" ${mirror:+"$mirror"} >"$2.log" 2>&1 || {
        tail -5 "$2.log" >&2
        return 1
    }
    rm -f "$2.log"
}

copy() { # a file or folder of the machine to the same place in $root
    [ -e "$1" ] || return 0
    mkdir -p "$root$(dirname "$1")"
    cp -aL "$1" "$root$(dirname "$1")/"
}

open_root() { # from here on $root can be entered
    copy /etc/apt/apt.conf.d
    copy /etc/resolv.conf
    copy /etc/hosts
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    # Terminals too: some tests open one.
    mount --bind /dev/pts "$root/dev/pts"
}

close_root() {
    umount "$root/proc" "$root/dev/pts" "$root/dev" 2>/dev/null || true
}

inside() { # a command, run in $root
    # It sees the root's own paths, and what the machine says about networks.
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive $(env | grep -iE '^(pip_(cert|index|extra_index|default_timeout)|[a-z]+_proxy=)[^ ]*$' || true) \
        chroot "$root" sh -c "$1"
}

install_inside() { # packages; certificates and pip's settings after them, which bring their own
    inside "apt-get -qq update && apt-get -qq install --yes --no-install-recommends $*" \
        >"$root/install.log" 2>&1 || { tail -20 "$root/install.log" >&2; return 1; }
    copy /etc/ssl/certs/ca-certificates.crt
    copy /etc/pip.conf
    copy "$HOME/.config/pip"
}
