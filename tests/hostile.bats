# What no program must fall for: fixtures/hostile.tsv, row by row. Of each row the exit status is as it says, one line
# on standard error names the program, the file and the rule, nothing else is written (standard output has whole frames
# at most), no file is left, and memory and processor time stay within bounds.
load helpers/common
load helpers/makers
load helpers/hostile

sums() { (cd "$BATS_FILE_TMPDIR/good" && find . -type f -exec cksum {} + | sort); }

setup_file() {
    mkdir "$BATS_FILE_TMPDIR/good" && cd "$BATS_FILE_TMPDIR/good" || return
    hostile_materials
    sums >../sums
}

section() { hostile_section "$1" "$BATS_FILE_TMPDIR/good"; }

@test "streams that are not sound, for every program that reads them" { section "each reader"; }

@test "fields of other types, ranks and ranges than they must have" { section fields; }

@test "what is only to be read stays as it was" {
    sums | cmp - "$BATS_FILE_TMPDIR/sums"
}
