#!/usr/bin/env bash
# Checks a release binary before anybody gets it:
#
#   scripts/check-binary.sh TARGET FILE [THE SAME FILE WITH SYMBOLS]
#
# It must be static and stripped, be for the target's architecture (for ARM also its version and
# hard float), and contain no folder of the machine that built it. An ARMv6 binary must not have
# instructions of ARMv7. Its attributes do not prove that, because a linker may take them from one
# part of the file only. So the script disassembles the file with symbols, which tell code from
# data. Needs readelf and, for disassembling, arm-linux-gnueabihf-objdump (Debian: binutils,
# binutils-arm-linux-gnueabihf).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
home=${HOME:-/}
target=${1:?usage: $0 TARGET FILE}
file=${2:?usage: $0 TARGET FILE}
symbols=${3:-}

fail() {
    printf 'check-binary: %s %s\n' "$file" "$*" >&2
    exit 1
}

header=$(readelf -hW "$file")
attributes=$(readelf -AW "$file")

# HEADING: prints what `readelf` says after this heading.
machine=$(sed -n 's/^ *Machine: *//p' <<<"$header")
architecture=$(sed -n 's/^ *Tag_CPU_arch: *//p' <<<"$attributes")
case $target in
    arm-*) expected='ARM v6' ;;
    armv7-*) expected='ARM v7' ;;
    aarch64-*) expected='AArch64 ' ;;
    x86_64-*) expected='Advanced Micro Devices X86-64 ' ;;
    *) fail "is for a target that this script does not know: $target" ;;
esac
[ "$machine $architecture" = "$expected" ] || fail "is for '$machine $architecture', not '$expected'"
if [ "$machine" = ARM ]; then
    grep -q 'hard-float ABI' <<<"$header" || fail 'is not for the hard-float ABI'
    grep -q 'Tag_ABI_VFP_args: VFP registers' <<<"$attributes" || fail 'passes no floats in registers'
fi

segments=$(readelf -lW "$file")
! grep -q INTERP <<<"$segments" || fail 'needs a dynamic linker'
! readelf -dW "$file" | grep -q NEEDED || fail 'needs a dynamic library'
! grep -q 'GNU_STACK.*RWE' <<<"$segments" || fail 'has an executable stack'
! readelf -SW "$file" | grep -q '\.symtab' || fail 'is not stripped'

# This looks for whole folders of the repository, because its own name may be as common as /src.
patterns=(-e index.crates.io -e rustlib/src -e "$root/src" -e "$root/wit-core")
[ "$home" = / ] || patterns+=(-e "$home/")
if grep -aqF "${patterns[@]}" "$file"; then
    fail 'names a folder of the machine that built it'
fi

case $target in
    arm-*) [ -n "$symbols" ] || exit 0 ;;
    *) exit 0 ;;
esac
# The instructions of ARMv7: moves of 16 bits, bit fields, barriers, division; NEON; VFPv3's
# constants, conversions to fixed point, and registers from d16 on.
newer='^(movw|movt|[us]bfx|bf[ic]|rbit|mls|dmb|dsb|isb|pldw|pli|[us]div'
newer+='|v(ld|st)[1-4]|v(and|eor|orr|bic|dup|mvn|ext|rev|tbl|shl|shr))'
newer+='(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?[.a-z0-9]*\t'
newer+='|^v(mov|cvt)[.a-z0-9]*\t.*#|^v.*\b(q[0-9]|d(1[6-9]|[23][0-9]))\b'
code=$(mktemp)
trap 'rm -f "$code"' EXIT
# This removes the disassembler's comments, which follow `@` or `;`. It also removes the functions
# that musl calls only after the kernel has reported an ARMv7.
arm-linux-gnueabihf-objdump -d --no-show-raw-insn "$symbols" |
    sed '/^[0-9a-f]* <__a_\(barrier\|cas\)_v7>:$/,/^$/d' |
    sed -n 's/[@;].*//; s/^ *[0-9a-f]*:\t//p' >"$code"
[ "$(wc -l <"$code")" -gt 100000 ] || fail 'has hardly any code, or the disassembler fails'
found=$(grep -cP "$newer" "$code" || true)
[ "$found" -eq 0 ] ||
    fail "has $found instructions that ARMv6 does not know, such as: $(grep -m1 -P "$newer" "$code")"
