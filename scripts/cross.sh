#!/usr/bin/env bash
# Builds the release binary for a board. It is static, with musl, and the board needs nothing else.
#
#   scripts/cross.sh TARGET [CARGO ARGUMENTS]
#   scripts/cross.sh --setup       only installs what the way `debian` needs
#   scripts/cross.sh --zig         only installs zig
#
#   arm-unknown-linux-musleabihf     ARMv6: Raspberry Pi 1, Zero
#   armv7-unknown-linux-musleabihf   ARMv7: Raspberry Pi 2, and 3 to 5 with a 32-bit system
#   aarch64-unknown-linux-musl       ARMv8: Raspberry Pi 3, 4, 5, Zero 2 with a 64-bit system
#   x86_64-unknown-linux-musl
#
# The last line of output names the binary: target/dist/TARGET/footlight, or footlight-full with
# `--features tls,javascript`, which releases have, and footlight-small with `--no-default-features`.
# The script has checked that it is static, is for that architecture, and contains no folder of this machine.
#
# There are two ways. Neither needs Docker (with Docker, use `cross`, see docs/deploy.md):
#   rustup   uses the Rust on PATH, if it has the target or `rustup target add` can add it, and
#            the linker that comes with it. Needs no C compiler and works on any Linux.
#   debian   works on Debian 12. Its rustc-web, cargo-web and rust-web-src also build the standard
#            library, for size. zig, from PyPI, is linker and C library. The script installs
#            what is missing, which takes root. Releases are made in this way: the same
#            sources and versions give the same bytes in any folder.
# The script takes the first way that works. FOOTLIGHT_RUST=rustup or =debian allows only one.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
home=${HOME:-/}
debian_std=/usr/lib/rustlib/src/rust
zig_version=0.17.1
tools=$root/target/tools

main() {
    cd "$root"
    if [ "${1:-}" = --setup ]; then
        need_debian
        need_zig
        exit
    elif [ "${1:-}" = --zig ]; then
        need_zig
        exit
    fi
    target=${1:-}
    zig_flags || fail "usage: $0 TARGET [CARGO ARGUMENTS]; the targets are in its first lines"
    shift

    # Variables of these names would replace the flags that this script passes, or the compiler.
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET
    unset CARGO_BUILD_RUSTC CARGO_BUILD_RUSTC_WRAPPER RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
    case ${FOOTLIGHT_RUST:-any} in
        any) use_rustup || use_debian ;;
        rustup) use_rustup || fail "this Rust has no $target and rustup cannot add it" ;;
        debian) use_debian ;;
        *) fail "FOOTLIGHT_RUST must be rustup or debian" ;;
    esac
    # Thumb-2 makes the program three tenths smaller, and an echo takes 2 % fewer instructions. ARMv6
    # has only the first Thumb, which would be slow.
    case $target in
        armv7-*) flags+=(-C target-feature=+thumb-mode) ;;
    esac
    # Boards of 32 bits have the least memory and flash, so the interpreter and Footlight's own library are
    # built for size there. docs/sizes.md has what that saves and costs.
    local crate level
    case $target in
        arm*)
            for crate in footlight=z wasmi=s wasmi_core=s wasmi_ir=s wasmparser=z; do
                level=${crate#*=}
                build_options+=(--config "profile.release.package.${crate%=*}.opt-level=\"$level\"")
            done
            ;;
    esac
    write_wrappers
    build "$@"
}

fail() {
    printf 'cross: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# ---- The way `rustup` -----------------------------------------------------------------

# True if the Rust on PATH has the target, or has it now.
use_rustup() {
    have cargo && have rustc || return 1
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] ||
        { have rustup && rustup target add "$target" >/dev/null 2>&1; } || return 1
    way=rustup
    cargo=(cargo)
    build_options=()
    flags=(-C linker=rust-lld)
    std_source=$(rustc --print sysroot)/lib/rustlib/src/rust
}

# ---- The way `debian` -----------------------------------------------------------------

use_debian() {
    # zig prints the call of the linker without quotes.
    case $root in *[[:space:]]*) fail "this way needs a folder without spaces in its name" ;; esac
    need_debian
    need_zig
    way=debian
    cargo=(env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo)
    # Without the feature `backtrace`, which is useless in a stripped binary.
    build_options=(-Z "build-std=std,panic_abort" -Z "build-std-features=optimize_for_size")
    # zig brings the start files and the C library. Derived `Debug` shows only names: texts for people
    # are written by hand, and the tables for wasmi's instructions alone take 20 KB.
    flags=(-C "linker=$tools/cc-$target" -C link-self-contained=no -Z fmt-debug=shallow)
    std_source=$debian_std
}

# Installs Debian's second Rust, whose compiler and source of std have the same version; a linker
# for build scripts; and a disassembler, to find instructions that a board does not have.
need_debian() {
    need_packages rustc-web cargo-web rust-web-src gcc libc6-dev binutils-arm-linux-gnueabihf
    [ "$(version rustc-web)" = "$(version rust-web-src)" ] ||
        fail "rustc-web and rust-web-src are of different versions; apt-get upgrade may help"
}

version() { dpkg-query -W -f='${Version}' "$1"; }

# Installs Debian packages that are not there yet, one script at a time.
need_packages() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} -ne 0 ] || return 0
    if ! have apt-get || [ "$(id -u)" -ne 0 ]; then
        fail "please install these, named here as Debian 12 names them: ${missing[*]}"
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive
        apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    # An old index lists packages that no longer exist.
    "${apt[@]}" update
    "${apt[@]}" install --no-install-recommends "${missing[@]}" >/dev/null
}

# ---- zig ------------------------------------------------------------------------------

# zig's arguments for the target, with the weakest target CPU.
zig_flags() {
    case $target in
        arm-unknown-linux-musleabihf)
            zig_target=(-target arm-linux-musleabihf -mcpu=arm1176jzf_s)
            ;;
        armv7-unknown-linux-musleabihf)
            zig_target=(-target arm-linux-musleabihf -mcpu=generic+v7a+vfp3d16-neon)
            ;;
        aarch64-unknown-linux-musl) zig_target=(-target aarch64-linux-musl) ;;
        x86_64-unknown-linux-musl) zig_target=(-target x86_64-linux-musl) ;;
        *) return 1 ;;
    esac
}

# Installs zig in its own Python environment.
need_zig() {
    local venv=$tools/zig-venv
    zig=$venv/zig
    # The lock keeps two builds from installing it at the same time.
    mkdir -p "$tools"
    exec 9>"$tools/zig.lock"
    flock 9
    if ! [ -x "$zig" ] || [ "$("$zig" version)" != "$zig_version" ]; then
        # Debian has ensurepip in another package. Without it this leaves half an environment.
        if ! python3 -m venv --clear "$venv" >/dev/null 2>&1; then
            need_packages python3 python3-venv
            python3 -m venv --clear "$venv"
        fi
        "$venv/bin/pip" install -q --no-deps "ziglang==$zig_version"
        ln -s "$("$venv/bin/python3" -c 'import ziglang; print(ziglang.__path__[0])')/zig" "$zig"
    fi
    exec 9>&-
}

# Writes programs that call zig as a C compiler and linker for the target. They drop the few
# arguments that zig does not take, and replace -static-pie by the two words that it knows. In the
# way `rustup` the script installs zig only if a crate has C code.
#
# The program is linked twice, because zig passes on only options of the linker that it knows. It
# prints how it called the linker, and the wrapper repeats that call with more options: functions
# with the same code become one, x86-64's relocations are packed, which musl reads, and the functions that
# every host executes come first, so that the others need not be in memory (scripts/hot-functions.py). Debian's cargo
# asks only for debug information to be stripped where the program's own package has an `opt-level` of its
# own; the wrapper strips all. If FOOTLIGHT_SYMBOLS names a file, both also happen without stripping,
# and write that file.
write_wrappers() {
    mkdir -p "$tools"
    write_program "cc-$target" <<END
export ZIG_GLOBAL_CACHE_DIR='$tools/zig-cache' ZIG_LOCAL_CACHE_DIR='$tools/zig-cache'
[ -x '$tools/zig-venv/zig' ] || '$root/scripts/cross.sh' --zig >&2 || exit
stripped=
for argument; do
    shift
    case \$argument in
        --target=* | -march=* | -mfpu=* | -mfloat-abi=* | -marm | -mthumb) ;;
        -Wl,--no-demangle) ;;
        -static-pie) set -- "\$@" -static -pie ;;
        -Wl,--strip-all | -Wl,--strip-debug) stripped=-Wl,--strip-all ;;
        *) set -- "\$@" "\$argument" ;;
    esac
done
[ -n "\$stripped" ] || exec '$tools/zig-venv/zig' cc ${zig_target[*]} "\$@"
link() {
    said=\$(ZIG_VERBOSE_LINK=1 '$tools/zig-venv/zig' cc ${zig_target[*]} "\$@" 2>&1) &&
        call=\$(printf '%s\n' "\$said" | sed -n 's/^ld\.lld //p' | tail -n 1) && [ -n "\$call" ] &&
        objects=\$(printf '%s\n' \$call | grep '\.o\$') &&
        '$tools/zig-venv/bin/python3' '$root/scripts/hot-functions.py' order \$objects >"\$order" &&
        '$tools/zig-venv/zig' ld.lld \$call --icf=all --pack-dyn-relocs=relr \\
            --symbol-ordering-file "\$order" --no-warn-symbol-ordering && return
    printf '%s\n' "\$said" >&2
    exit 1
}
order=\$(mktemp) && trap 'rm -f "\$order"' EXIT || exit
if [ -n "\${FOOTLIGHT_SYMBOLS:-}" ]; then link "\$@" -o "\$FOOTLIGHT_SYMBOLS"; fi
link "\$@" "\$stripped"
END
    write_program zig-ar <<END
exec '$tools/zig-venv/zig' ar "\$@"
END
    local name=${target//-/_}
    export "CC_$name=$tools/cc-$target" "AR_$name=$tools/zig-ar"
}

# Writes the program aside and moves it, because another build may be running it.
write_program() {
    { echo '#!/bin/sh' && cat; } >"$tools/.$1.$$"
    chmod +x "$tools/.$1.$$"
    mv -f "$tools/.$1.$$" "$tools/$1"
}

# ---- Building -------------------------------------------------------------------------

# Panic messages name source files. These flags remove the builder's folders from them.
# If several flags match, the compiler uses the last.
remap_flags() {
    local cargo_home=${CARGO_HOME:-$home/.cargo} folder
    [ "$home" = / ] || flags+=("--remap-path-prefix=$home=home")
    flags+=("--remap-path-prefix=$root=footlight" "--remap-path-prefix=$std_source=std")
    for folder in "$cargo_home"/registry/src/*/; do
        flags+=("--remap-path-prefix=${folder%/}=registry")
    done
}

build() {
    # The folders under registry/src, which the flags name, have to be there first.
    "${cargo[@]}" fetch --locked --target "$target" >&2
    remap_flags
    local list built dist=target/dist/$target
    # A TOML list; '...' is a string without escapes.
    list=$(printf "'%s'," "${flags[@]}")
    # Each target has its own folder, so that several builds can run at once.
    local folder=target/cross/$way/$target
    # Checking an ARMv6 binary for newer instructions takes symbols.
    local symbols=
    case $way-$target in
        debian-arm-*) symbols=$root/$folder/footlight.symbols ;;
    esac
    if [ -n "$symbols" ]; then export FOOTLIGHT_SYMBOLS=$symbols; fi
    "${cargo[@]}" build --release --locked --bin footlight --target "$target" \
        --target-dir "$folder" --config "target.$target.rustflags=[$list]" \
        ${build_options[@]+"${build_options[@]}"} "$@" >&2
    built=$folder/$target/release/footlight

    scripts/check-binary.sh "$target" "$built" ${symbols:+"$symbols"}
    local name=footlight
    case " $* " in
        *' --features tls,javascript '*) name=footlight-full ;;
        *' --no-default-features '*) name=footlight-small ;;
    esac
    mkdir -p "$dist"
    cp "$built" "$dist/$name"
    printf '%s\n' "$dist/$name"
}

main "$@"
