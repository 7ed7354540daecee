# What the bats files share: `load helpers/common` as their first line.
#
# It puts the built programs (BIN, default build/bin) and the test helpers (stream-make, stream-cut, stream-compare)
# first in PATH. The default setup() works in an empty folder of each test's own; a file that needs a setup() of its own
# calls common_setup first.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
FIXTURES=$ROOT/tests/fixtures
BIN=${BIN:-$ROOT/build/bin}
TEST_BIN=${TEST_BIN:-$ROOT/build/tests}
PATH=$BIN:$TEST_BIN/helpers:$PATH
export ROOT FIXTURES BIN TEST_BIN PATH LC_ALL=C

common_setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

setup() {
    common_setup
}

# What the test compares went wrong: say it and fail.
flunk() {
    echo "$*" >&2
    return 1
}

# equal GOT WANT: two texts are the same.
equal() {
    [ "$1" == "$2" ] || flunk "got:    '$1'" $'\n'"wanted: '$2'"
}

# holds TEXT PART: the text holds the part, taken literally.
holds() {
    [[ "$1" == *"$2"* ]] || flunk "'$1' does not hold '$2'"
}

# refuses STATUS PART COMMAND...: the command ends with that status (1 failed, 2 usage) and says one line on stderr that
# begins with its name and holds PART. Its stdin is the caller's; its stdout goes nowhere.
refuses() {
    local status=0 want=$1 part=$2 name
    shift 2
    name=${1##*/}
    "$@" >/dev/null 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    local said
    said=$(<"$BATS_TEST_TMPDIR/stderr")
    [ "$status" == "$want" ] || flunk "$*: exit $status and not $want: $said"
    [[ "$said" == "$name: "* ]] || flunk "$*: the message does not begin with '$name: ': $said"
    [[ "$said" != *$'\n'* ]] || flunk "$*: the message is more than one line: $said"
    holds "$said" "$part"
}

# fails PART COMMAND...: exit 1 and a one-line message; misused PART COMMAND...: exit 2.
fails() { refuses 1 "$@"; }
misused() { refuses 2 "$@"; }

# full_disk COMMAND...: writing to a full disk is exit 1 with a one-line message.
full_disk() {
    local status=0
    "$@" >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    [ "$status" == 1 ] || flunk "$*: exit $status and not 1 on a full disk: $(<"$BATS_TEST_TMPDIR/stderr")"
    holds "$(<"$BATS_TEST_TMPDIR/stderr")" "No space left on device"
}

# closed_pipe COMMAND...: a reader that is gone ends the command quietly (SIGPIPE, or done before it was noticed).
closed_pipe() {
    local status
    { "$@" 2>"$BATS_TEST_TMPDIR/stderr" || echo $? >"$BATS_TEST_TMPDIR/status"; } | true
    status=$(cat "$BATS_TEST_TMPDIR/status" 2>/dev/null || echo 0)
    [ "$status" == 141 ] || [ "$status" == 0 ] || flunk "$*: exit $status on a closed pipe"
    equal "$(<"$BATS_TEST_TMPDIR/stderr")" ""
}

# common_options COMMAND: -h, --help and --version answer on stdout with 0; an unknown option and a bad -j are exit 2.
common_options() {
    local tool=$1
    [[ "$("$tool" --help)" == "usage: $tool "* ]] || flunk "$tool --help does not begin with 'usage: $tool '"
    equal "$("$tool" -h)" "$("$tool" --help)"
    [[ "$("$tool" --version)" == "$tool (tale) "* ]] || flunk "$tool --version: $("$tool" --version)"
    misused "no such option" "$tool" --no-such-option </dev/null
    misused "whole number" "$tool" -j many </dev/null
    full_disk "$tool" --help
}

# numbers N UNIT: N whole numbers below 1000 times UNIT, comma-separated, the same at every call.
numbers() {
    awk -v n="$1" -v unit="$2" 'BEGIN {
        for (i = 1; i <= n; i++) {
            x = (x * 75 + 74) % 65537
            printf("%s%.9g", (i > 1 ? "," : ""), x % 1000 * unit)
        }
    }'
}

# The least float above 0: a whole number of them is a float, too, and one that has lost no digit.
# shellcheck disable=SC2034 # for those that load this file
least_float=1.401298464324817e-45

# need_cifar10: the rest of the test needs the real data set, named by CIFAR10.
need_cifar10() {
    [ -n "${CIFAR10:-}" ] || skip "CIFAR10 is not set (a folder or archive of the real data set)"
}
