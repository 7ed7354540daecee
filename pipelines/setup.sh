#!/usr/bin/env bash
# Checks for the packages that a part of the work needs, and installs missing ones if that is possible (root, or sudo
# without a password, and apt-get); otherwise prints the one command to run. `make test`, `make lint`, `make fuzz` and
# `make report` start with it; if nothing is missing it takes milliseconds.
#
#   pipelines/setup.sh [-n] [build|report|test|lint|fuzz]...     default: all; -n only checks
set -euo pipefail

# part of the work | Debian package | a program, a header in /usr/include, or a file that shows that it is installed.
packages='
build   gcc                  gcc
build   libc6-dev            stdio.h
build   libblis-openmp-dev   */blis-openmp/blis.h
build   libjansson-dev       jansson.h
build   libarchive-dev       archive.h
build   libnetpbm-dev        netpbm/pam.h
build   libfftw3-dev         fftw3.h
report  netpbm               pnmtopng
report  gnuplot-nox          gnuplot
report  lowdown              lowdown
report  groff                gropdf
report  ghostscript          ps2pdf
report  curl                 curl
report  xz-utils             xz
test    bats                 bats
test    netpbm               pnmtopng
test    mandoc               mandoc
test    xz-utils             xz
test    bzip2                bzip2
test    poppler-utils        pdfinfo
lint    clang                clang
lint    clang-tidy           clang-tidy
lint    libomp-dev           clang
lint    cppcheck             cppcheck
lint    shellcheck           shellcheck
lint    mandoc               mandoc
fuzz    clang                clang
fuzz    libomp-dev           /usr/lib/llvm-*/lib/libomp.so
fuzz    libclang-rt-dev      /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
'
usr_include=${USR_INCLUDE:-/usr/include} # a test points it elsewhere

there() {
    case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *.h) compgen -G "$usr_include/$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

check_only=0
if [ "${1:-}" == -n ]; then
    check_only=1
    shift
fi
for part; do
    case $part in
    build | report | test | lint | fuzz) ;;
    *)
        echo "setup.sh: '$part' is none of build, report, test, lint, fuzz" >&2
        exit 2
        ;;
    esac
done
[ $# -gt 0 ] || set -- build report test lint fuzz

missing=()
while read -r part package shows; do
    [ -n "$part" ] || continue
    [[ " $* " == *" $part "* ]] || continue
    there "$shows" || missing+=("$package")
done <<<"$packages"
[ ${#missing[@]} -gt 0 ] || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

command="apt-get install -y --no-install-recommends ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
    as_root=(sudo -n)
fi
if [ "$check_only" == 1 ] || ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "setup.sh: packages are missing; install them with: sudo $command" >&2
    exit 1
fi
echo "setup.sh: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# A fresh machine has no package lists; old lists may name files that the server no longer has.
"${as_root[@]}" apt-get update -q >&2 || true
# shellcheck disable=SC2086 # the command is words
"${as_root[@]}" $command >&2 || {
    echo "setup.sh: this failed: $command" >&2
    exit 1
}
