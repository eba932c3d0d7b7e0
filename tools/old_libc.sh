#!/bin/sh
# Makes a compiler for wheels that asks for nothing newer than the C library of Debian 11
# (2.31): tools/old_libc.sh FOLDER
#
# Debian's gcc is told to take headers and libraries of C from there, by FOLDER/bin/cc;
# the headers of the kernel and of Python stay this machine's.  The packages are
# downloaded by their hashes and only unpacked.

set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
machine=$(gcc -print-multiarch)
[ -e "$folder/done" ] && exit 0

case $machine in
    x86_64-linux-gnu)
        packages='
            g/glibc/libc6_2.31-13+deb11u11_amd64.deb 05f7264da867b37f4c5ce49266b558ea1e81e05a9464f623152fca70f3550282
            g/glibc/libc6-dev_2.31-13+deb11u11_amd64.deb e7f7b45d9c5cfcf37609f0b6efd3c645272c812144703af89dfd32218fcb0fd3
            libx/libxcrypt/libcrypt-dev_4.4.18-4_amd64.deb 8b04bf00b8c43360d9ba3adec209db290168ba3526d4aef3175fb84372b1bebf
            g/gcc-10/libgcc-s1_10.2.1-6_amd64.deb e478f2709d8474165bb664de42e16950c391f30eaa55bc9b3573281d83a29daf'
        ;;
    aarch64-linux-gnu)
        packages='
            g/glibc/libc6_2.31-13+deb11u11_arm64.deb baaa9aa184e2f21738c5819055e6740cc5b22f198e3f416e33f82b40ff6933d8
            g/glibc/libc6-dev_2.31-13+deb11u11_arm64.deb 28d478134722dcd4b0bd2045a199301d18713bf95947b9fce66634e7aeacab2e
            libx/libxcrypt/libcrypt-dev_4.4.18-4_arm64.deb 5309fdf445acc72794b9d134e9625746ffad2b865c6432abcd08ef097587bde1
            g/gcc-10/libgcc-s1_10.2.1-6_arm64.deb e2fcdb378d3c1ad1bcb64d4fb6b37aab44011152beca12a4944f435a2582df1f'
        ;;
    *)
        echo "no C library is known for $machine" >&2
        exit 1
        ;;
esac

root=$folder/root
rm -rf "$root"
mkdir -p "$root" "$folder/bin"
set -- $packages
while [ $# -gt 0 ]; do
    file=$folder/$(basename "$1")
    curl -fsSL -o "$file" "http://deb.debian.org/debian/pool/main/$1"
    echo "$2  $file" | sha256sum -c - >/dev/null
    dpkg -x "$file" "$root"
    rm "$file"
    shift 2
done
# Links that begin at the root would leave it.
find "$root" -type l | while read -r link; do
    case $(readlink "$link") in
        /*) ln -snf "$root$(readlink "$link")" "$link" ;;
    esac
done
for each in linux asm-generic "$machine/asm"; do
    ln -sfn "/usr/include/$each" "$root/usr/include/$each"
done
for each in /usr/include/python3.* "/usr/include/$machine"/python3.*; do
    [ -e "$each" ] && ln -sfn "$each" "$root$each"
done
# gcc looks where it is installed before it looks there.
lib=$root/usr/lib/$machine
printf '#!/bin/sh\nexec gcc --sysroot="%s" -B"%s/" -L"%s" -L"%s" "$@"\n' \
    "$root" "$lib" "$lib" "$root/lib/$machine" >"$folder/bin/cc"
chmod +x "$folder/bin/cc"
touch "$folder/done"
