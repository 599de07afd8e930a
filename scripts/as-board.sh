#!/usr/bin/env bash
# Runs a static ARM binary here, on the weakest processor that it is meant for:
#
#   scripts/as-board.sh PROGRAM [ARGUMENTS]
#
# An instruction too new for that board ends the program (SIGILL) here instead of there. Needs
# Debian's qemu-user-static, and neither binfmt_misc nor files of that architecture. Signals and
# the exit status are the program's own.
set -euo pipefail

program=${1:?usage: $0 PROGRAM [ARGUMENTS]}
header=$(readelf -hW "$program")
case $header in
    *AArch64*) emulator=(qemu-aarch64-static -cpu cortex-a53) ;; # Raspberry Pi 3
    *ARM*)
        case $(readelf -AW "$program") in
            *'Tag_CPU_arch: v6'*) emulator=(qemu-arm-static -cpu arm1176) ;; # Pi 1, Zero
            *) emulator=(qemu-arm-static -cpu cortex-a7) ;;                  # Pi 2
        esac
        ;;
    *X86-64*) emulator=() ;;
    *)
        printf 'as-board: %s is for no board that is known here\n' "$program" >&2
        exit 1
        ;;
esac
exec "${emulator[@]}" "$@"
