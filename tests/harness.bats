# The harness itself: a test that fails must be seen, however it fails; packages that lack are named.
load helpers/common

# A copy of the repository's tests/run with the given bats files and test programs.
setup() {
    common_setup
    mkdir -p repo/tests repo/build/tests repo/build/bin
    cp "$ROOT/tests/run" repo/tests/
}

bats_file() { # NAME: its text from stdin
    cat >"repo/tests/$1.bats"
}

test_program() { # NAME SCRIPT
    : >"repo/tests/$1_test.c"
    printf '#!/bin/sh\n%s\n' "$2" >"repo/build/tests/$1_test"
    chmod +x "repo/build/tests/$1_test"
}

# verdict STATUS LAST_LINE [STEM...]: what tests/run makes of the copy.
verdict() {
    local want=$1 line=$2 status=0
    shift 2
    BUILD=build repo/tests/run "$@" >out 2>&1 || status=$?
    equal "$(tail -n 1 out)" "$line"
    [ "$status" == "$want" ] || flunk "exit $status: $(<out)"
}

@test "passed, failed and skipped tests are counted" {
    bats_file a <<<$'@test "x" { true; }\n@test "y" { false; }\n@test "z" { skip "why not"; }'
    test_program b 'echo "ok one"; echo "not ok two"; echo "ok three # skip no GPU"; exit 1'
    verdict 1 "2 passed, 2 failed, 2 skipped"
    holds "$(<out)" "why not"
    holds "$(<out)" "no GPU"
}

@test "all passed is exit 0" {
    bats_file a <<<'@test "x" { true; }'
    test_program b 'echo "ok one"'
    verdict 0 "2 passed, 0 failed, 0 skipped"
    verdict 0 "1 passed, 0 failed, 0 skipped" a
}

@test "a program that fails without saying which test did" {
    test_program b 'echo "ok one"; exit 1'
    verdict 1 "1 passed, 1 failed, 0 skipped"
}

@test "a program that says not ok and exits 0" {
    test_program b 'echo "not ok one"'
    verdict 1 "0 passed, 1 failed, 0 skipped"
}

@test "a program that crashes half way" {
    test_program b 'echo "ok one"; kill -SEGV $$'
    verdict 1 "1 passed, 1 failed, 0 skipped"
}

@test "a program that was not built, and one without a test" {
    : >repo/tests/b_test.c
    verdict 1 "0 passed, 1 failed, 0 skipped"
    test_program b 'true'
    verdict 1 "0 passed, 1 failed, 0 skipped"
}

@test "a program that hangs" {
    test_program b 'sleep 60'
    LIMIT=1 verdict 1 "0 passed, 1 failed, 0 skipped"
}

@test "a bats file with a fault in its syntax" {
    bats_file a <<<$'@test "x" { true; }\n@test "y" { if; }'
    verdict 1 "0 passed, 2 failed, 0 skipped"
}

@test "a bats file that ends before its plan does" {
    bats_file a <<<$'@test "x" { true; }\n@test "y" { kill -KILL $PPID; kill -KILL $$; }\n@test "z" { true; }'
    BUILD=build repo/tests/run >out 2>&1 && flunk "it passed: $(<out)"
    [[ $(tail -n 1 out) =~ ^[01]\ passed,\ [1-3]\ failed,\ 0\ skipped$ ]] || flunk "$(<out)"
}

@test "no test of that name" {
    verdict 1 "0 passed, 1 failed, 0 skipped" nothing
}

@test "setup.sh is silent where all is there, and names what lacks with the command for it" {
    mkdir bin
    local program
    for program in id sort true env bash; do
        ln -s "$(type -P "$program")" bin/
    done
    for program in gcc bats pnmtopng mandoc xz bzip2 pdfinfo; do
        ln -s "$(type -P true)" "bin/$program"
    done
    local headers=include/x86_64-linux-gnu/blis-openmp
    mkdir -p "$headers" include/netpbm
    touch "$headers/blis.h" include/{stdio,jansson,archive,fftw3,netpbm/pam}.h
    export USR_INCLUDE=$PWD/include
    PATH=$PWD/bin "$ROOT/pipelines/setup.sh" build test
    rm include/archive.h bin/bats
    PATH=$PWD/bin fails "install them with: sudo apt-get install -y --no-install-recommends bats libarchive-dev" \
        "$ROOT/pipelines/setup.sh" -n build test
    misused "'tset' is none of build, report, test, lint, fuzz" "$ROOT/pipelines/setup.sh" tset
}

@test "setup.sh installs what lacks where it may" {
    mkdir bin include
    printf '#!/bin/sh\necho "$@" >>"%s"\n' "$PWD/calls" >bin/apt-get
    printf '#!/bin/sh\necho 0\n' >bin/id
    chmod +x bin/*
    local program
    for program in sort true env bash; do
        ln -s "$(type -P "$program")" bin/
    done
    USR_INCLUDE=$PWD/include PATH=$PWD/bin "$ROOT/pipelines/setup.sh" build
    equal "$(tail -n 1 calls)" "install -y --no-install-recommends gcc libarchive-dev libblis-openmp-dev libc6-dev \
libfftw3-dev libjansson-dev libnetpbm-dev"
}

@test "make install puts programs and pages under DESTDIR and PREFIX" {
    make -s -C "$ROOT" install BUILD="${BIN%/bin}" DESTDIR="$PWD/stage" PREFIX=/opt/tale
    "$PWD/stage/opt/tale/bin/tensor-ls" --version
    [ -e stage/opt/tale/share/man/man1/tensor-ls.1 ]
    [ -e stage/opt/tale/share/man/man5/tensor-stream.5 ]
    equal "$(find stage/opt/tale/bin -type f | wc -l)" "$(find "$ROOT/tools" -name '*.c' | wc -l)"
}

@test "mutate tells which slips are caught, and leaves none behind" {
    type git >out 2>&1 || skip "git is not installed"
    mkdir -p repo/tests/helpers repo/tests/mutants
    cp "$ROOT/tests/mutate" repo/tests/
    git -C repo init -q
    touch repo/tests/helpers/none.c
    printf 'one\ntwo\n' >repo/data
    printf 'all:\n\t! grep -q broken data\nbuild/tests/helpers/%%:\n\ttrue\n' >repo/Makefile
    bats_file a <<<$'@test "x" { grep one data; }\n@test "y" { ! grep slow data || sleep 60; }'
    row() { printf '%s\t%s\t%s\t%s\t%s\n' "$@"; } # FILE OLD NEW STEMS WORDS
    { echo "# a remark" && row data one 1 a "one is 1" && row data "two⏎" "" a "two is gone" &&
        row data one broken a "no tree" && row data two slow a "for ever"; } >repo/tests/mutants/all.tsv
    local status=0
    LIMIT=10 repo/tests/mutate all >out || status=$?
    equal "$(sort out)" "$(sort <<'END'
caught          all:2 data: one is 1
survived        all:3 data: two is gone
does not build  all:4 data: no tree
caught          all:5 data: for ever
3 slips: 2 caught, 1 survived (66.7 % caught); 1 do not build, 0 are no row
END
)"
    equal "$status $(paste -sd ' ' repo/data)" "1 one two"
    repo/tests/mutate -r 2 all >out
    equal "$(tail -n 1 out)" "1 slips: 1 caught, 0 survived (100.0 % caught); 0 do not build, 0 are no row"
    { row data three x a "" && row data o x a "" && row data one one a "" && row data one x b "" && row none a b a "" &&
        echo "data one x"; } >repo/tests/mutants/wrong.tsv
    status=0
    repo/tests/mutate -n wrong >out || status=$?
    equal "$status $(<out)" "1 $(
        cat <<'END'
no row          wrong:1: the text is not in data
no row          wrong:2: the text is in data more than once
no row          wrong:3: both texts are the same
no row          wrong:4: no tests 'b'
no row          wrong:5: none is not there
no row          wrong:6: 1 columns, not 5
0 rows fit, 6 do not
END
    )"
    misused "-j 0: is no number of rows" repo/tests/mutate -j 0
}
