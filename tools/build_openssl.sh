#!/bin/sh
# Builds the libssl that goes into wheels: tools/build_openssl.sh SERIES PREFIX
#
#   SERIES   4.0 (the newest stable one) or 3.5 (cared for until April 2030)
#   PREFIX   where pkg-config finds the result, in lib/pkgconfig; nothing of it is told
#            to the library
#
# The source is upstream's release, from Debian's pool or from upstream, by its hash.  The
# library is static, and hardened like the core.  OPENSSL_ARCHIVES, if set, is a folder
# where archives are looked for and kept.

set -eu
series=$1
prefix=$2

case $series in
    4.0)
        version=4.0.2
        sha256=736b467530f916737b7031310ccb21d8218c6229e61e8e160cd1d3458cd543a8
        ;;
    3.5)
        version=3.5.7
        sha256=a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8
        ;;
    *)
        echo "no such series: $series; there are 4.0 and 3.5" >&2
        exit 2
        ;;
esac
[ "$(cat "$prefix/sha256" 2>/dev/null)" = "$sha256" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
archives=${OPENSSL_ARCHIVES:-$work}
archive=$archives/openssl_$version.orig.tar.gz
mkdir -p "$archives"

fits() {
    if command -v sha256sum >/dev/null; then
        echo "$sha256  $archive" | sha256sum -c - >/dev/null 2>&1
    else
        echo "$sha256  $archive" | shasum -a 256 -c - >/dev/null 2>&1
    fi
}

fits || {
    for place in \
        "http://deb.debian.org/debian/pool/main/o/openssl/openssl_$version.orig.tar.gz" \
        "https://github.com/openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz"; do
        curl -fsSL -o "$archive" "$place" && fits && break
    done
    fits || { echo "OpenSSL $version cannot be had: its hash is another, or nobody has it" >&2; exit 1; }
}
mkdir "$work/source"
tar xzf "$archive" -C "$work/source" --strip-components=1
cd "$work/source"

target= flags='-O3 -fvisibility=hidden -ffunction-sections -fdata-sections -fstack-protector-strong'
case $(uname -s) in
    Linux)
        target='enable-ktls'
        flags="$flags -D_FORTIFY_SOURCE=2 -fstack-clash-protection"
        case $(uname -m) in
            x86_64)
                target="linux-x86_64 enable-ec_nistp_64_gcc_128 $target"
                flags="$flags -fcf-protection=full"
                ;;
            aarch64)
                target="linux-aarch64 enable-ec_nistp_64_gcc_128 $target"
                flags="$flags -mbranch-protection=standard"
                ;;
        esac
        ;;
    Darwin) target=enable-ec_nistp_64_gcc_128 ;;
esac
# The configuration stays where the system's own libssl has it.  Certificates are looked for in
# many places, by the core.  Modules of a libssl that may be another one are not looked for
# where the system has its own.
# shellcheck disable=SC2086  # flags are words
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} ./Configure $target \
    --prefix=/opt/brisktls --libdir=lib --openssldir=/etc/ssl \
    no-shared no-module no-apps no-docs no-tests -fPIC $flags
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}"
make -j"$(getconf _NPROCESSORS_ONLN)" build_libs
rm -rf "$prefix"
mkdir -p "$prefix"
make install_dev DESTDIR="$work/made"
cp -R "$work/made/opt/brisktls/." "$prefix"
for file in "$prefix"/lib/pkgconfig/*.pc; do
    sed "s#^prefix=.*#prefix=$prefix#" "$file" >"$file.new"
    mv "$file.new" "$file"
done
cp LICENSE.txt "$prefix"
echo "$version" >"$prefix/version"
echo "$sha256" >"$prefix/sha256"
