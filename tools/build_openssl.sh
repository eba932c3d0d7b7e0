#!/bin/sh
# Builds the libssl that wheels bundle: tools/build_openssl.sh VERSION PREFIX
#
# cibuildwheel runs it before building; pkg-config finds the result in PREFIX.

set -eu
version=$1
prefix=$2
[ -e "$prefix/lib/pkgconfig/libssl.pc" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
curl -fsSL -o openssl.tar.gz \
    "https://github.com/openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz"
tar xzf openssl.tar.gz
cd "openssl-$version"
# The certificates and the configuration stay where the system's own libssl has them.
ktls=
[ "$(uname -s)" = Linux ] && ktls=enable-ktls
./Configure --prefix="$prefix" --libdir=lib --openssldir=/etc/ssl \
    $ktls no-tests no-docs no-apps shared
make -j"$(getconf _NPROCESSORS_ONLN)" build_sw
make install_sw
