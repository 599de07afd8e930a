#!/usr/bin/env bash
# Builds the release binary in many profiles and measures them side by side, for the tables of
# docs/sizes.md.
#
#   scripts/profiles.sh [levels|allocators|features]...      these tables, or all
#   scripts/profiles.sh compare NAME...                      these binaries again
#
# It copies the sources to target/profiles and changes them there. It builds for
# x86_64-unknown-linux-musl in the way `rustup` of scripts/cross.sh, because then the C library's
# allocator is musl's, as with `cross`. Each binary takes one to three minutes to build, and stays
# in target/profiles. Remove that folder to rebuild all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=x86_64-unknown-linux-musl
source=target/profiles/source
binaries=target/profiles

# TABLE NAME ALLOCATOR, then more arguments for cargo. A name begins with the opt-level. If wasmi
# and wasmi_core have another level, it follows after a `+`. The first row of a table is the
# release's own profile, and the baseline for the others.
variants() {
    cat <<'END'
levels      s             dlmalloc
levels      s+3           dlmalloc
levels      s+2           dlmalloc
levels      z             dlmalloc
levels      z+3           dlmalloc
levels      3             dlmalloc
levels      s-portable    dlmalloc  --features wasmi/portable-dispatch
allocators  s             dlmalloc
allocators  s-musl        musl
allocators  s-rlsf        rlsf      --features rlsf
allocators  s-mimalloc    mimalloc  --features mimalloc
features    s             dlmalloc
features    s-wat         dlmalloc  --features wasmi/wat
features    s-simd        dlmalloc  --features wasmi/simd
features    s-memory64    dlmalloc  --features wasmi/memory64
END
}

main() {
    if [ "${1:-}" = compare ]; then
        compare "${@:2}"
        exit
    fi
    [ $# -ne 0 ] || set -- levels allocators features
    copy_sources
    local wanted table name allocator more names
    for wanted in "$@"; do
        names=()
        while read -r table name allocator more; do
            [ "$table" = "$wanted" ] || continue
            names+=("$name")
            # The line must split into words.
            # shellcheck disable=SC2086
            [ -f "$binaries/$name" ] || build "$name" "$allocator" $more
        done < <(variants)
        compare "${names[@]}"
    done
}

compare() {
    cargo bench --bench profiles --locked -- compare "${@/#/$binaries/}"
}

# Makes a copy of the sources with a choice of allocators, which a release does not have.
copy_sources() {
    rm -rf "$source/src"
    mkdir -p "$source"
    git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$source"
    cat >>"$source/Cargo.toml" <<'END'

[dependencies.rlsf]
version = "0.2"
features = ["std"]
optional = true

[dependencies.mimalloc]
version = "0.1"
default-features = false
optional = true
END
    cargo update --workspace --quiet --manifest-path "$source/Cargo.toml"
}

# NAME ALLOCATOR [MORE FOR CARGO]...
build() {
    local name=$1 allocator=$2 all=${1%%[+-]*} wasmi=${1%%-*} crate static
    wasmi=${wasmi#*+}
    local options=("${@:3}" --config "profile.release.opt-level=$(level "$all")")
    for crate in wasmi wasmi_core; do
        options+=(--config "profile.release.package.$crate.opt-level=$(level "$wasmi")")
    done
    case $allocator in
        musl) static= ;;
        dlmalloc) static='dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc' ;;
        rlsf) static='rlsf::GlobalTlsf = rlsf::GlobalTlsf::new()' ;;
        mimalloc) static='mimalloc::MiMalloc = mimalloc::MiMalloc' ;;
    esac
    {
        printf '//! Written by scripts/profiles.sh.\n'
        [ -z "$static" ] || printf '#[global_allocator]\nstatic ALLOCATOR: %s;\n' "$static"
    } >"$source/src/allocator.rs"
    FOOTLIGHT_RUST=rustup "$source/scripts/cross.sh" "$target" "${options[@]}"
    cp "$source/target/dist/$target/footlight" "$binaries/$name"
}

# Prints an opt-level in TOML: a number, or a letter in quotes.
level() {
    case $1 in s | z) printf '"%s"' "$1" ;; *) printf '%s' "$1" ;; esac
}

main "$@"
