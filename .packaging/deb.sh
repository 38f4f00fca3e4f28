#!/bin/bash
# deb.sh STAGE OUT: packs what `make install DESTDIR=STAGE PREFIX=/usr` put there as a Debian package in the folder
# OUT. Needs dpkg and binutils only. Prints the package's path.
set -euo pipefail
stage=$1 out=$2
version=$("$stage/usr/bin/keyfall" --version | cut -d' ' -f2)
arch=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

# The packages of the libraries that the program itself names; of the C library also how new it has to be.
depends() {
    local program=$stage/usr/bin/keyfall name path
    for name in $(objdump -p "$program" | awk '$1 == "NEEDED" { print $2 }'); do
        path=$(ldd "$program" | awk -v name="$name" '$1 == name { print $3 }')
        # dpkg knows a library under the path before or after /lib became a link
        { dpkg -S "$(realpath "$path")" || dpkg -S "/usr$path" || dpkg -S "${path#/usr}"; } 2>/dev/null | head -n 1 |
            cut -d: -f1
    done | sort -u | sed "s/^libc6\$/libc6 (>= $(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | cut -d_ -f2))/"
}

strip --strip-unneeded "$stage/usr/bin/keyfall"
find "$stage/usr/share/man" -name '*.[15]' -exec gzip -9nf {} +
mkdir -p "$stage/DEBIAN"
cat >"$stage/DEBIAN/control" <<EOF
Package: keyfall
Version: $version
Architecture: $arch
Maintainer: the people of keyfall <keyfall@localhost>
Section: admin
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Depends: $(depends | paste -sd, | sed 's/,/, /g')
Recommends: ca-certificates
Description: see what falls before a key does
 A terminal dashboard that shows how every backup of an AWS estate is encrypted,
 and what stops working if a KMS key, an alias, a parameter or a backup vault
 goes away. Read-only: nothing in AWS is changed by looking.
EOF
(cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$stage"
mkdir -p "$out"
dpkg-deb --root-owner-group --build "$stage" "$out/keyfall_${version}_$arch.deb" >&2
echo "$out/keyfall_${version}_$arch.deb"
