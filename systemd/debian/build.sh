#!/usr/bin/env bash
# Makes a Debian package of what was built: build.sh BINARIES FOLDER [VERSION]
#
# BINARIES holds brain-memoryd and brainctl, linked with Swift's libraries (--static-swift-stdlib): the package depends on
# Debian's libraries only. VERSION is ProductVersion's unless given. Prints the package's path.
#
#   STRIP=strip       what makes the programs small; ":" when they are
#   DPKG_DEB_FLAGS=   such as -Zgzip -z1, for a quick one
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
binaries=$(realpath -e "$1")
mkdir -p "$2"
folder=$(realpath -e "$2")
version=${3:-$(sed -n 's/.*static let current = "\(.*\)"/\1/p' "$top/Sources/MemoryModel/ProductVersion.swift")}
# Debian sorts a tilde before everything: 1.0.0~beta comes before 1.0.0.
version=${version/-/\~}-1
architecture=$(dpkg --print-architecture)
# The same source makes the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || stat -c %Y "$top/CHANGELOG.md")}
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/DEBIAN"
DESTDIR=$root PREFIX=/usr SYSCONFDIR=/etc "$top/systemd/install.sh" install "$binaries"

for program in "$root/usr/sbin/brain-memoryd" "$root/usr/bin/brainctl"; do
    if readelf -d "$program" | grep -q 'NEEDED.*libswift'; then
        echo "$program needs Swift's libraries: link it with --static-swift-stdlib" >&2
        exit 1
    fi
done

# dependencies: the packages of the libraries that the programs name, and not older than here in the C library's case.
dependencies() {
    local name path package
    readelf -d "$root/usr/sbin/brain-memoryd" "$root/usr/bin/brainctl" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u |
        while read -r name; do
            path=$(ldconfig -p | awk -v name="$name" '$1 == name && /x86-64|aarch64|AArch64/ { print $NF; exit }')
            package=$(dpkg -S "$path" 2>/dev/null || dpkg -S "$(realpath -e "$path")" 2>/dev/null || dpkg -S "/usr$path")
            package=${package%%:*}
            if [[ $package == libc6 ]]; then
                echo "libc6 (>= $(dpkg-query -W -f '${Version}' libc6 | sed 's/-.*//'))"
            else
                echo "$package"
            fi
        done | sort -u | paste -sd , | sed 's/,/, /g'
}

doc=$root/usr/share/doc/brain-memoryd
mv "$doc/changelog" "$work/changelog"
gzip -9nc "$work/changelog" >"$doc/changelog.gz"
install -m 644 "$here/copyright" "$doc/copyright"
{
    echo "brain-memoryd ($version) unstable; urgency=medium"
    echo
    echo "  * See changelog.gz."
    echo
    echo " -- $(sed -n 's/^Maintainer: //p' "$here/control")  $(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$doc/changelog.Debian.gz"
install -D -m 644 "$here/lintian-overrides" "$root/usr/share/lintian/overrides/brain-memoryd"
chmod 644 "$doc"/*.gz

sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@DEPENDS@/$(dependencies)/" \
    -e "s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f 1)/" "$here/control" >"$root/DEBIAN/control"
echo /etc/brain-memoryd/brain-memoryd.yaml >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find . -type f ! -path './DEBIAN/*' ! -path ./etc/brain-memoryd/brain-memoryd.yaml -printf '%P\0' |
    sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod -R u+rwX,go+rX "$root/DEBIAN"

package=$folder/brain-memoryd_${version}_$architecture.deb
# shellcheck disable=SC2086
dpkg-deb --root-owner-group ${DPKG_DEB_FLAGS:-} --build "$root" "$package" >/dev/null
echo "$package"
