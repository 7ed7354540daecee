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

@test "values that are not finite" { section "not finite"; }

@test "models and checkpoints" { section models; }

@test "files of CIFAR, archives and pickles" { section "data sets"; }

@test "descriptors, devices, files, names, frames and sizes" { section others; }

# out_of_range PROGRAM: what it does with numbers outside what its --help states, and with texts that are none; those at
# both ends are taken.
out_of_range() {
    local name low high bad said status lowest=() highest=()
    local many=('' x 1x 0x1 nan inf 1e999 99999999999999999999 ' 1' '1 ')
    [ -z "$sanitized" ] || many=()
    while read -r name low high; do
        lowest+=("--$name" "$low")
        highest+=("--$name" "$high")
        for bad in "$(awk -v x="$low" 'BEGIN { printf "%.17g", x - 1 }')" \
            "$(awk -v x="$high" 'BEGIN { printf "%.17g", x + 1 }')" "${many[@]}"; do
            status=0
            said=$("$1" "--$name" "$bad" 2>&1 </dev/null) || status=$?
            [[ $status == 2 && $said == "$1: --$name: '$bad' is not a "* && $said != *$'\n'* ]] ||
                echo "$1 --$name '$bad': exit $status: $said"
        done
    done < <("$1" --help | sed -nE 's/^ +(-., )? *--([a-z-]+) .*\((each )?([^ ]+) to ([^;)]+)[;)].*/\2 \4 \5/p')
    [ ${#lowest[@]} != 0 ] || echo "$1: no option has a range"
    "$1" "${lowest[@]}" --version >/dev/null || echo "$1: ${lowest[*]}"
    "$1" "${highest[@]}" --version >/dev/null || echo "$1: ${highest[*]}"
}

@test "numbers outside the range of every option of every program" {
    local programs half i
    programs=("$ROOT"/tools/*.c)
    for half in 0 1; do
        for ((i = half; i < ${#programs[@]}; i += 2)); do
            out_of_range "$(basename "${programs[i]}" .c)"
        done >faults.$half 2>&1 &
    done
    wait
    [ ! -s faults.0 ] && [ ! -s faults.1 ] || flunk "$(cat faults.?)"
}

@test "what is only to be read stays as it was" {
    sums | cmp - "$BATS_FILE_TMPDIR/sums"
}
