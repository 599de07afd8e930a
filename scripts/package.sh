#!/usr/bin/env bash
# Makes the release files of a target, in target/packages/:
#
#   scripts/package.sh [--without-tls] TARGET [BINARY]
#
#   footlight-VERSION-TARGET.tar.gz    for every target
#   footlight-VERSION-TARGET-without-tls.tar.gz    only this, with the option
#   footlight_VERSION-1_ARCH.deb       for Debian and its derivatives: armhf, arm64, amd64
#   SHA256SUMS                         the sums of all files there, for `sha256sum -c`
#
# BINARY is the output of `scripts/cross.sh TARGET --features tls,javascript`, or of `scripts/cross.sh TARGET`
# with the option. Without BINARY, the script runs that. Needs git, cargo, python3 (3.11), dpkg-deb, and GNU's tar and coreutils, as in
# Debian 12. Needs no root and, once cargo has the crates, no network.
#
# The same binary and the same commit give the same bytes: files have the time of the commit and
# no owner, and are sorted by name. SOURCE_DATE_EPOCH sets another time.
set -euo pipefail
# The output has the same bytes whatever the user's settings are.
export LC_ALL=C TZ=UTC
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
out=$root/target/packages
maintainer='Footlight contributors <footlight-host@users.noreply.github.com>'

main() {
    features=(--features 'tls,javascript')
    suffix=
    if [ "${1:-}" = --without-tls ]; then
        features=()
        suffix=-without-tls
        shift
    fi
    case $# in
        1 | 2) target=$1 ;;
        *) fail "usage: $0 [--without-tls] TARGET [BINARY]" ;;
    esac
    case $target in
        # armhf means ARMv6 on Raspberry Pi OS and ARMv7 on Debian, and dpkg can't tell them apart.
        # So the package has the binary that runs on both.
        arm-unknown-linux-musleabihf) arch=armhf ;;
        armv7-unknown-linux-musleabihf) arch= ;;
        aarch64-unknown-linux-musl) arch=arm64 ;;
        x86_64-unknown-linux-musl) arch=amd64 ;;
        *) fail "no packages are made for $target" ;;
    esac
    if [ $# -eq 2 ]; then binary=$(realpath -e -- "$2"); fi
    cd "$root"
    if [ $# -eq 1 ]; then binary=$root/$(scripts/cross.sh "$target" "${features[@]}" | tail -n 1); fi
    [ -f "$binary" ] || fail "there is no $binary"
    # Among other things, it must not contain the builder's folders.
    scripts/check-binary.sh "$target" "$binary"

    version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
    [ -n "$version" ] || fail 'Cargo.toml: no version under [workspace.package]'
    : "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
    export SOURCE_DATE_EPOCH
    choose_program

    stage=$(mktemp -d)
    trap 'rm -rf "$stage"' EXIT
    mkdir -p "$out"
    scripts/licences.py "$target" "$stage" "${features[@]}"
    make_tarball
    if [ -n "$arch" ] && [ -z "$suffix" ]; then make_deb; fi
    # Write aside and move, because several targets may be packaged at once.
    (shopt -s nullglob && cd "$out" && sha256sum -- *.deb *.tar.gz >".SHA256SUMS.$$" && mv ".SHA256SUMS.$$" SHA256SUMS)
}

fail() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

# Finds a program to write the man page and the completions: the binary itself if it runs here,
# otherwise the same version for this machine. Both write the same.
choose_program() {
    local candidate
    for candidate in "$binary" "scripts/as-board.sh $binary" target/dist/x86_64-unknown-linux-musl/footlight target/release/footlight; do
        # The words must split: the emulator and its argument.
        # shellcheck disable=SC2206
        program=($candidate)
        if [ "$("${program[@]}" --version 2>/dev/null)" = "footlight $version" ]; then return; fi
    done
    fail "neither $binary runs here nor any other build of version $version; package x86_64-unknown-linux-musl first"
}

# FOLDER: writes the man page and the completions there.
write_helps() {
    mkdir -p "$1"
    "${program[@]}" man >"$1/footlight.1"
    "${program[@]}" completions bash >"$1/footlight.bash"
    "${program[@]}" completions zsh >"$1/_footlight"
    "${program[@]}" completions fish >"$1/footlight.fish"
}

# FOLDER PATH...: copies the tracked files under these paths, and no others.
copy_tracked() {
    local folder=$1
    shift
    mkdir -p "$folder"
    git ls-files -z -- "$@" | tar --null --files-from=- -cf - | tar -C "$folder" -xf -
}

# The tree has the repository's layout, so that the links in README.md lead somewhere.
make_tarball() {
    local name=footlight-$version-$target$suffix
    local tree=$stage/$name
    copy_tracked "$tree" README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs LICENSE-MIT LICENSE-APACHE dist/footlight.service dist/footlight.socket examples wit-core/wit
    install -m 755 "$binary" "$tree/footlight"
    cp "$stage/THIRD-PARTY-LICENSES.txt" "$stage/footlight.cdx.json" "$tree"
    write_helps "$stage/helps"
    cp -r "$stage/helps/." "$tree"
    tar -C "$stage" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" | gzip -9n >"$out/.$name.$$"
    mv "$out/.$name.$$" "$out/$name.tar.gz"
    printf '%s\n' "$out/$name.tar.gz"
}

make_deb() {
    # Debian sorts 1.0.0~rc.1 before 1.0.0.
    local revision=${version/-/\~}-1
    local tree=$stage/deb
    local doc=$tree/usr/share/doc/footlight
    install -D -m 755 "$binary" "$tree/usr/bin/footlight"
    install_units "$tree/usr/lib/systemd/system"
    install_example "$tree/etc/footlight"

    copy_tracked "$doc" README.md docs examples wit-core/wit
    install -D -m 644 dist/debian/copyright "$doc/copyright"
    install -D -m 644 "$stage/footlight.cdx.json" "$doc/footlight.cdx.json"
    gzip -9nc "$stage/THIRD-PARTY-LICENSES.txt" >"$doc/THIRD-PARTY-LICENSES.txt.gz"
    gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
    printf 'footlight (%s) stable; urgency=medium\n\n  * What changed is in changelog.gz.\n\n -- %s  %s\n' \
        "$revision" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9nc >"$doc/changelog.Debian.gz"
    install -D -m 644 dist/debian/lintian-overrides "$tree/usr/share/lintian/overrides/footlight"

    install_help footlight.bash "$tree/usr/share/bash-completion/completions/footlight"
    install_help _footlight "$tree/usr/share/zsh/vendor-completions/_footlight"
    install_help footlight.fish "$tree/usr/share/fish/vendor_completions.d/footlight.fish"
    install_help footlight.1 "$tree/usr/share/man/man1/footlight.1"
    gzip -9n "$tree/usr/share/man/man1/footlight.1"

    write_control "$tree" "$revision"
    chmod -R u=rwX,go=rX "$tree"
    find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    local name=footlight_${revision}_$arch.deb
    # Every dpkg reads xz. With several threads the bytes would depend on their number.
    dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$out/.$name.$$" >/dev/null
    mv "$out/.$name.$$" "$out/$name"
    printf '%s\n' "$out/$name"
}

# FILE TO
install_help() {
    install -D -m 644 "$stage/helps/$1" "$2"
}

# Copies the unit of dist/ with the path that a package must use, and without the comment on copying.
install_units() {
    mkdir -p "$1"
    cp dist/footlight.socket "$1"
    sed -e '/^\[Unit\]$/,$!d' -e 's#^\(ExecStart\|ExecReload\)=/usr/local/bin/#\1=/usr/bin/#' dist/footlight.service >"$1/footlight.service"
    grep -q '^ExecStart=/usr/bin/footlight run /etc/footlight$' "$1/footlight.service" ||
        fail 'dist/footlight.service: ExecStart= is not as expected here'
}

# Copies the actor that runs after the installation: the echo, at the port of footlight.socket. The
# chat room would keep every message.
install_example() {
    install -D -m 644 examples/echo/echo.wasm "$1/echo.wasm"
    {
        printf '# footlight.service runs this actor. Put your own one here, then:\n'
        printf '#   footlight check /etc/footlight && systemctl restart footlight\n'
        sed 's/\<8082\>/8080/' examples/echo/manifest.toml
    } >"$1/manifest.toml"
    grep -q 'port = 8080 ' "$1/manifest.toml" || fail 'examples/echo/manifest.toml: the port is not as expected here'
}

# TREE VERSION
write_control() {
    local control=$1/DEBIAN script
    mkdir "$control"
    for script in postinst prerm postrm; do
        install -m 755 "dist/debian/$script" "$control/$script"
    done
    (cd "$1" && find etc -type f | sort | sed 's#^#/#') >"$control/conffiles"
    (cd "$1" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$control/md5sums"
    # Debian's policy rounds each file up to KiB.
    local size
    size=$(cd "$1" && find . -path ./DEBIAN -prune -o -type f -printf '%s\n' | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
    cat >"$control/control" <<CONTROL
Package: footlight
Version: $2
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $size
Recommends: ca-certificates
Section: httpd
Priority: optional
Homepage: https://github.com/footlight-host/footlight
Description: small host that runs WebAssembly actors behind WebSockets
 Footlight runs actors: WebAssembly modules with one function. The function
 gets a client's message and the actor's state, and returns the new state and
 an answer. Footlight is made for small boards, where a runtime that compiles
 to machine code is too heavy.
 .
 The program is static and needs nothing else. The service runs the actor in
 /etc/footlight. Its user exists only while it runs.
CONTROL
}

main "$@"
