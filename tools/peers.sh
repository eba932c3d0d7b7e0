#!/bin/sh
# Makes the programs there that the tests talk to.  As root on Debian it installs
# them; elsewhere it says what to install.  Tests whose peer is absent skip and
# say so, hence this never fails.

set -u
absent=
wanted="openssl:openssl gnutls-cli:gnutls-bin curl:curl"
# A network that loses packets is root's to make, on Linux.
[ "$(uname -s)$(id -u)" != Linux0 ] ||
    wanted="$wanted unshare:util-linux ip:iproute2 nft:nftables"
for pair in $wanted; do
    program=${pair%%:*}
    package=${pair##*:}
    command -v "$program" >/dev/null 2>&1 || absent="$absent $package"
done
[ -n "$absent" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the tests' peers:$absent"
    # shellcheck disable=SC2086  # packages are words
    install() {
        DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
            $absent >/dev/null 2>&1
    }
    install || { apt-get -qq update >/dev/null 2>&1 && install; } && exit 0
fi
echo "Tests that need these will be skipped; to have them, install:$absent"
echo "  Debian, Ubuntu  apt-get install$absent"
echo "  Fedora          dnf install openssl gnutls-utils curl"
echo "  macOS           brew install openssl@3 gnutls curl"
exit 0
