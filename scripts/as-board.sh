#!/usr/bin/env bash
# Runs a static ARM binary under QEMU as its weakest target CPU:
#
#   scripts/as-board.sh PROGRAM [ARGUMENTS]
#   scripts/as-board.sh --setup       installs the emulator into target/tools, from Debian 12
#
# An instruction that is too new for the board ends the program here (SIGILL) and not first on
# the board. Needs qemu-user 10 or newer, but no binfmt_misc and no files of that architecture.
# Signals and the exit status are the program's own. The emulator gets FOOTLIGHT_EMULATOR as arguments, too.
#
# Debian 12's own qemu-user, 7.2, is too old: in 32-bit emulation it now and then crashes with a
# SIGSEGV while a program with threads ends. So this uses Debian's backport.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tools=$root/target/tools
PATH=$tools/qemu/usr/bin:$PATH

main() {
    if [ "${1:-}" = --setup ]; then
        setup
        exit
    fi
    local program=${1:?usage: $0 PROGRAM [ARGUMENTS]} header emulator more
    header=$(readelf -hW "$program")
    case $header in
        *AArch64*) emulator=(qemu-aarch64 -cpu cortex-a53) ;; # Raspberry Pi 3
        *ARM*)
            case $(readelf -AW "$program") in
                *'Tag_CPU_arch: v6'*) emulator=(qemu-arm -cpu arm1176) ;; # Pi 1, Zero
                *) emulator=(qemu-arm -cpu cortex-a7) ;;                  # Pi 2
            esac
            ;;
        *X86-64*) emulator=() ;;
        *)
            printf 'as-board: %s is for no board that is known here\n' "$program" >&2
            exit 1
            ;;
    esac
    if [ ${#emulator[@]} -gt 0 ]; then
        read -ra more <<<"${FOOTLIGHT_EMULATOR:-}"
        emulator+=("${more[@]}")
    fi
    exec "${emulator[@]}" "$@"
}

# Unpacks the package without installing it: this needs no root and does not change the system.
setup() {
    local version
    version=$({ qemu-arm --version 2>/dev/null || true; } | sed -n '1s/.* version \([0-9]*\).*/\1/p')
    [ "${version:-0}" -lt 10 ] || return 0
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    if ! command -v apt-get >/dev/null || ! [ -f $keys ]; then
        printf 'as-board: please install qemu-user 10 or newer (qemu-arm and qemu-aarch64)\n' >&2
        exit 1
    fi
    local apt=$tools/apt
    # Remove the leftovers of an interrupted run.
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    printf 'deb [signed-by=%s] http://deb.debian.org/debian bookworm-backports main\n' "$keys" >"$apt/sources.list"
    local get=(apt-get -qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=-
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
        -o Acquire::Retries=3)
    (cd "$apt" && "${get[@]}" update && "${get[@]}" download qemu-user/bookworm-backports)
    dpkg -x "$apt"/qemu-user_*.deb "$tools/qemu"
    rm -r "$apt"
}

main "$@"
