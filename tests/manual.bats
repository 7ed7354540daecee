# The manual: examples run, options and defaults agree with the programs, every page that is named is there.
load helpers/common

# A small data set and two small models, made once.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    mkdir scratch
    cd scratch || return
    cifar-synth -q --train 300 --test 60 data
    cifar-cat -s val --val 50 data >val.st
    rotate-aug <val.st >val-turned.st
    local tiny=(-q "--widths=4,8" "--blocks=1,1" --epochs 1)
    cifar-cat -s train --val 50 data | resnet-train "${tiny[@]}" --val val.st >label.safetensors
    cifar-cat -s train --val 50 data | rotate-aug |
        resnet-train "${tiny[@]}" --target rotation --val val-turned.st >rotation.safetensors
    rm val.st val-turned.st
}

# examples PAGE FOLDER: each literal block of its EXAMPLES as FOLDER/1, FOLDER/2, ..., without mdoc's escapes.
examples() {
    mkdir -p "$2"
    awk -v folder="$2" '
        /^\.Sh/ { inside = ($2 == "EXAMPLES") }
        inside && /^\.Ed/ { block = ""; next }
        block != "" { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print >block; next }
        inside && /^\.Bd -literal/ { block = folder "/" ++count }' "$1"
}

# run_examples PAGE: in a folder with the data set and the models. A block that begins with `/* NAME: ` is the source of
# a program and goes to NAME.c, any other is run by bash, in order.
run_examples() {
    local stem block name
    stem=$(basename "$1")
    examples "$1" "$BATS_TEST_TMPDIR/blocks-$stem"
    cp -r "$BATS_FILE_TMPDIR/scratch" "$BATS_TEST_TMPDIR/$stem"
    cd "$BATS_TEST_TMPDIR/$stem" || return
    for block in $(find "$BATS_TEST_TMPDIR/blocks-$stem" -type f | sort -V); do
        name=$(sed -n '1s|^/\* \([a-z-]*\): .*|\1|p' "$block")
        if [ -n "$name" ]; then
            cp "$block" "$name.c"
        else
            timeout 60 bash -euo pipefail "$block" </dev/null >out 2>err ||
                flunk "$1: exit $?: $(<"$block")"$'\n'"$(head -n 20 err)"
        fi
    done
}

@test "the examples of each page run" {
    local page failed=0
    for page in "$ROOT"/man/*.[157]; do
        (run_examples "$page") || failed=1
    done
    [ "$failed" == 0 ]
}

@test "each program's page has examples" {
    local page
    for page in "$ROOT"/man/*.1; do
        examples "$page" "$BATS_TEST_TMPDIR/${page##*/}"
        [ -e "$BATS_TEST_TMPDIR/${page##*/}/1" ] || flunk "$page: no literal block under EXAMPLES"
    done
}

# Of each option that --help tells: the page has its letter, name and default, and no option besides.
@test "pages and --help tell the same options and defaults" {
    local source program page text line flag failed=0
    for source in "$ROOT"/tools/*.c; do
        program=$(basename "$source" .c)
        page=$ROOT/man/$program.1
        [ -e "$page" ] || { flunk "$page: is missing" || failed=1; continue; }
        text=$(mandoc -Tascii "$page" | sed $'s/.\b//g')
        "$program" --help >help
        while read -r line; do
            for flag in $(grep -oE '^(-[a-zA-Z], )?--[a-z-]+' <<<"$line" | tr -d ,); do
                grep -qE -- "(^|[^a-z-])$flag($|[^a-z-])" <<<"$text" || { flunk "$page: $flag is missing" || failed=1; }
            done
            line=$(sed -n 's/.*[(; ]default \([^)]*\))$/\1/p' <<<"$line")
            [ -z "$line" ] || grep -qF -- "$line" <<<"$text" || { flunk "$page: default $line is missing" || failed=1; }
        done < <(grep -E '^ +-' help)
        while read -r flag; do
            grep -qE -- "(^|[^a-z-])$flag($|[^a-z-])" help || { flunk "$page: $flag is no option" || failed=1; }
        done < <(sed -n '/^\.Sh DESCRIPTION/,/^\.Sh EXIT/s/^\.It Fl \([a-zA-Z]\) .*/-\1/p' "$page")
    done
    [ "$failed" == 0 ]
}

@test "pages of this project that are named are there" {
    local page name failed=0
    for page in "$ROOT"/man/*.[157]; do
        while read -r name; do
            if [[ $name =~ ^(tensor|cifar|resnet|rotate|filter|cam)-|^(knn|probe|tsne|tale)\. ]] &&
                [ ! -e "$ROOT/man/$name" ]; then
                flunk "$page: names $name" || failed=1
            fi
        done < <(sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$page")
    done
    [ "$failed" == 0 ]
}

@test "the filter of tensor-stream(5) does what it says, and says what is wrong" {
    examples "$ROOT/man/tensor-stream.5" .
    mv 1 unit-rows.c
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -g -fsanitize=address,undefined -o unit-rows unit-rows.c -ljansson -lm
    stream-make feature:F32:3,2=3,4,0,0,-5,12 label:I64:3=7,8,9 other:U8:3,2,2=iota @classes=a,b | stream-cut 1,0 >in.st
    stream-make feature:F32:3,2=0.6,0.8,0,0,-0.384615384,0.923076923 label:I64:3=7,8,9 other:U8:3,2,2=iota \
        @classes=a,b >want.st
    ./unit-rows <in.st >out.st
    stream-compare -t 1e-7 want.st out.st # half a unit in the last place of numbers below 1 is 3e-8
    ./unit-rows </dev/null | cmp - /dev/null
    fails "has no field 'feature'" ./unit-rows < <(stream-make label:I64:1=0)
    fails "'feature' is not F32" ./unit-rows < <(stream-make feature:F64:1,1=0)
    fails "ends inside a frame" ./unit-rows < <(head -c -1 in.st)
    fails "ends inside a frame" ./unit-rows < <(head -c 20 in.st)
    fails "is no tensor stream" ./unit-rows < <(echo "this is only text")
    local status=0
    ./unit-rows <in.st >/dev/full 2>err || status=$?
    equal "$status $(<err)" "1 unit-rows: standard output: No space left on device"
}
