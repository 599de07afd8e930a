#!/usr/bin/env bash
# Runs a static ARM binary here, on the weakest processor that it is meant for:
#
#   scripts/as-board.sh PROGRAM [ARGUMENTS]
#   scripts/as-board.sh --setup       installs the emulator into target/tools, from Debian 12
#
# An instruction too new for that board ends the program (SIGILL) here instead of there. Needs
# qemu-user 10 or newer, and neither binfmt_misc nor files of that architecture. Signals and the
# exit status are the program's own.
#
# Debian 12's own qemu-user, 7.2, does not do: emulating 32 bits, it ends now and then with a
# SIGSEGV of its own while a program with threads ends. Hence Debian's backport.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tools=$root/target/tools
PATH=$tools/qemu/usr/bin:$PATH

main() {
    if [ "${1:-}" = --setup ]; then
        setup
        exit
    fi
    local program=${1:?usage: $0 PROGRAM [ARGUMENTS]} header emulator
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
    exec "${emulator[@]}" "$@"
}

# Unpacks the package without installing it: no root is needed, and the system stays as it is.
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
    # What an interrupted run left.
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
