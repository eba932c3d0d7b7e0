#!/bin/sh
# Runs the tests of kernel TLS where there is a kernel with TLS: in User-Mode Linux,
# Debian's package, which boots this machine's own file system, read-only, in seconds.
#
#   tools/ktls.sh [pytest's options]      tests/ktls, and tests of the data path over kernel TLS
#   tools/ktls.sh trixie [options]        the same in that row of make matrix: a newer OpenSSL
#                                         and kernel, in a root of their own (root, debootstrap)
#
# KTLS_TESTS="files"   other tests than these
#
# Needs Debian or a relative; installs user-mode-linux and kmod when it is root.

set -eu
cd "$(dirname "$0")/.."
case ${1:-} in
trixie | sid-* | openssl-*)
    row=$1
    shift
    MATRIX_RUN="sh tools/ktls.sh" exec sh tools/matrix.sh "$row" -- "$@"
    ;;
esac
source=$PWD
tests=${KTLS_TESTS:-tests/ktls tests/unit/ssl/test_kernel_tls.py tests/unit/ssl/test_sendfile.py
    tests/unit/ssl/test_sendfile_waiting.py tests/unit/ssl/test_connection.py
    tests/unit/ssl/test_waiting.py tests/unit/ssl/test_transport.py tests/interop/test_threads.py
    tests/interop/test_bulk.py tests/interop/test_closing.py tests/interop/test_sockets.py}
tests=$(echo $tests)
PYTHON=${PYTHON:-$source/.venv/bin/python}

missing=""
command -v linux.uml >/dev/null || missing=" user-mode-linux"
command -v modprobe >/dev/null || PATH=$PATH:/usr/sbin:/sbin
command -v modprobe >/dev/null || missing="$missing kmod"
command -v ip >/dev/null || missing="$missing iproute2"
if [ -n "$missing" ]; then
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || {
        echo "make ktls needs $missing: as root, apt-get install$missing" >&2
        exit 1
    }
    echo "Installing$missing"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes \
        --no-install-recommends $missing; } >/dev/null 2>&1 || {
        echo "make ktls: apt-get install$missing failed" >&2
        exit 1
    }
fi

# Built here, so that the import in there finds nothing left to do.
"$PYTHON" -c 'import OpenSSL.SSL'
work=$(mktemp -d "${TMPDIR:-/tmp}/brisktls-ktls.XXXXXX")
finish() { rm -rf "$work"; }
trap finish EXIT
trap 'exit 1' HUP INT TERM

cat >"$work/init.sh" <<END
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH HOME=/run/home LANG=C.UTF-8 TMPDIR=/run/t
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o exec tmpfs /run
mount -t tmpfs tmpfs /dev/shm 2>/dev/null
mkdir -p /run/home /run/t /run/m/lib/modules
ip link set lo up
ln -s /usr/lib/uml/modules/\$(uname -r) /run/m/lib/modules/\$(uname -r)
# Without the modes of AES libssl falls back in silence.
modprobe -d /run/m -a tls gcm ghash-generic ctr ccm chacha20poly1305 chacha-generic 2>/dev/null
# An import looks whether something has to be built, and takes a note of it.
mount -t hostfs -o 'hostfs=$source/build' none '$source/build' 2>/dev/null ||
    mount -t hostfs -o '$source/build' none '$source/build'  # as older kernels have it
cd '$source'
export PYTHONDONTWRITEBYTECODE=1 BRISKTLS_KTLS=1
# A test that hangs is to say so, and Hypothesis wants a folder to write to.
$PYTHON -m pytest -p no:cacheprovider -p no:hypothesispytest -o timeout=120 -m '' $tests $* </dev/null
echo "guest status \$?"
echo o >/proc/sysrq-trigger
sleep 5
END
chmod +x "$work/init.sh"
TMPDIR="$work" linux.uml mem=768M root=/dev/root rootfstype=hostfs rootflags=/ ro \
    init="$work/init.sh" quiet con=null con0=fd:0,fd:1 </dev/null 2>"$work/errors" |
    tr -d '\r' | tee "$work/output" || true
if ! grep -q '^guest status 0$' "$work/output"; then
    cat "$work/errors" >&2
    echo "make ktls: FAILED" >&2
    exit 1
fi
echo "make ktls: $(grep -oE '[0-9]+ passed' "$work/output" | tail -1) in a kernel with TLS," \
    "$("$PYTHON" -c 'from OpenSSL import SSL; print(SSL.OpenSSL_version(0).decode())')"
