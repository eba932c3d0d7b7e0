#!/bin/sh
# Makes servers there that tests need: as root on Debian it installs them, elsewhere it says
# what to install.  Tests whose server is absent skip and say so.
#
#   tools/servers.sh command:package ...

set -u
absent=
for pair; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || absent="$absent ${pair##*:}"
done
[ -n "$absent" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing servers:$absent"
    # A package must not start its service.
    install() {
        # shellcheck disable=SC2086  # packages are words
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes \
            --no-install-recommends $absent >/dev/null 2>&1
    }
    install || { apt-get -qq update >/dev/null 2>&1 && install; } && exit 0
fi
echo "Tests that need these will be skipped; to have them, install:$absent"
exit 0
