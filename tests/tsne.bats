#!/usr/bin/env bats
# tsne: the map, its divergence beside scikit-learn's, options, messages. The parts are tsne_test.c's.

# shellcheck disable=SC2054,SC2094 # commas are the streams' own; a database may be searched in itself

load helpers/common

# divergence_of FILE ARGUMENT...: what tsne tells; kl_of ARGUMENT...: of the digits fixture.
divergence_of() {
    local file=$1
    shift
    tsne "$@" <"$file" 2>&1 >/dev/null | sed 's/.*divergence \([0-9.]*\) .*/\1/'
}

kl_of() {
    divergence_of "$FIXTURES/tsne-digits.safetensors" "$@"
}

at_most() { # VALUE BOUND
    awk -v value="$1" -v bound="$2" 'BEGIN { exit !(value > 0 && value <= bound) }' || flunk "$1 is more than $2"
}

@test "common options" {
    common_options tsne
}

@test "divergence no worse than scikit-learn's" {
    while read -r perplexity reference; do
        at_most "$(kl_of -p "$perplexity" --iterations 1000)" "$(awk "BEGIN { print 1.01 * $reference }")"
    done <"$FIXTURES/tsne-digits.tsv"
}

# mean_of FILE ARGUMENT...: the mean divergence of three seeds.
mean_of() {
    local seed
    for seed in 0 1 2; do
        divergence_of "$@" --seed $seed
    done | awk '{ sum += $1 } END { print sum / NR }'
}

@test "few rows: a divergence no more than 1 % above that of scikit-learn 1.9.1 and openTSNE 1.0.4" {
    # The lower of the two, the mean of six seeds (tests/bench/tsne-few -p 18 -s 6).
    stream-make feature:F32:100,10=random1 >normal.st
    stream-make feature:F32:60,50=random2 >fewer.st
    tensor-pick -n 100 --fields feature <"$FIXTURES/tsne-digits.safetensors" >digits.st
    local file init peer
    while read -r file init peer; do
        at_most "$(mean_of "$file" -p 18 --init "$init")" "$(awk "BEGIN { print 1.01 * $peer }")"
    done <<<"normal.st random 0.8216
normal.st pca 0.8171
fewer.st random 0.6751
fewer.st pca 0.6714
digits.st random 0.1707
digits.st pca 0.1636"
}

@test "--starts: the best of so many descents" {
    stream-make feature:F32:100,10=random1 >rows.st
    tsne <rows.st 2>said >default.st
    tsne --starts 8 <rows.st | cmp - default.st
    grep -F ', exact, best of 8)' said
    tsne --starts 1 <rows.st 2>one >/dev/null
    grep -F ', exact)' one
    # the best is kept, not the last
    local count last=9 next
    for count in 1 2 3 4 5 6; do
        tsne -q --starts $count --iterations 300 <rows.st >some.st
        next=$(divergence_of some.st --init map --iterations 0)
        equal "$(divergence_of rows.st --starts $count --iterations 300)" "$next"
        at_most "$next" "$last"
        last=$next
    done
    # many rows have one
    stream-make feature:F32:400,2=random1 | tsne --iterations 1 2>&1 >/dev/null | grep -F '1 iterations, exact)'
    stream-make feature:F32:399,2=random1 | tsne --iterations 1 2>&1 >/dev/null | grep -F ', exact, best of 8)'
    misused "--starts: 2 are requested, but --init map is a single start" tsne --init map --starts 2 <default.st
    tsne -q --init map --starts 1 --iterations 1 <default.st >/dev/null
}

@test "classes lie together: of the nearest points in the map nearly all are of the row's class" {
    tsne -q <"$FIXTURES/tsne-digits.safetensors" >map.st
    knn -d map.st --field map -k 1 --exclude-self <map.st 2>said >/dev/null
    at_most 0.95 "$(sed 's/.*accuracy \([0-9.]*\) .*/\1/' said)"
}

@test "adds map and passes all else through, of all frames as one" {
    local rows=(feature:F32:20,3=random1 label:I64:20=iota name:U8:20,2=iota @classes=cat,dog)
    stream-make "${rows[@]}" | tsne -q -p 5 --iterations 0 --init random >out.st
    stream-make "${rows[@]}" | stream-cut 3,0,8 | tsne -q -p 5 --iterations 0 --init random >cut.st
    cmp out.st cut.st
    stream-make "${rows[@]}" map:F32:20,2=zero >want.st # at the start all are within 1e-3 of the origin
    stream-compare -t 1e-3 out.st want.st
    tsne -q -p 5 --iterations 0 --init random <out.st | cmp - out.st # an earlier map is replaced
}

@test "the divergence goes to stderr, and not under -q" {
    stream-make feature:F32:20,3=random1 | tsne -p 5 2>said >/dev/null
    grep -Ex 'tsne: KL divergence [0-9]+\.[0-9]{4} \(20 rows, perplexity 5, 750 iterations, exact, best of 8\)' said
    equal "$(stream-make feature:F32:20,3=random1 | tsne -q -p 5 2>&1 >/dev/null)" ""
}

@test "both methods, and which of them auto takes" {
    stream-make feature:F32:3999,2=random1 >few.st
    stream-make feature:F32:4000,2=random1 >many.st
    tsne --iterations 2 <few.st 2>&1 >/dev/null | grep -F ', exact)'
    tsne --iterations 2 <many.st 2>&1 >/dev/null | grep -F ', fft)'
    tsne --iterations 2 --method fft <few.st 2>&1 >/dev/null | grep -F ', fft)'
    tsne --iterations 2 --method exact <many.st 2>&1 >/dev/null | grep -F ', exact)'
    # beside scikit-learn's as above; on so few points the starts' divergences lie 8 % apart by either method
    at_most "$(kl_of --method fft --iterations 1000 --starts 4)" \
        "$(awk '$1 == 30 { print 1.06 * $2 }' "$FIXTURES/tsne-digits.tsv")"
}

@test "a map that is there: its divergence, and where to go on" {
    tsne --iterations 60 --method fft <"$FIXTURES/tsne-digits.safetensors" 2>first >sixty.st
    tsne --iterations 0 --init map --method exact <sixty.st 2>second >same.st
    equal "$(sed 's/.*divergence \([0-9.]*\) .*/\1/' first)" "$(sed 's/.*divergence \([0-9.]*\) .*/\1/' second)"
    stream-compare -t 1e-4 sixty.st same.st
    tsne --init map --exaggeration-iterations 0 <sixty.st 2>third >/dev/null
    at_most "$(sed 's/.*divergence \([0-9.]*\) .*/\1/' third)" "$(sed 's/.*divergence \([0-9.]*\) .*/\1/' second)"
    stream-make feature:F32:20,3=random1 | fails "field 'map' is missing" tsne -p 5 --init map
    stream-make feature:F32:20,3=random1 map:F32:20,3=zero |
        fails "field 'map' has 3 values in a row (2 are needed)" tsne -p 5 --init map
}

@test "quality is what scikit-learn measures" {
    local recall trust accuracy
    read -r recall trust accuracy <"$FIXTURES/tsne-quality.tsv"
    tsne --init map --iterations 0 --quality <"$FIXTURES/tsne-digits.safetensors" 2>said >/dev/null
    grep -Fx "tsne: neighbour recall $recall (10 nearest, 300 rows)" said
    grep -Fx "tsne: trustworthiness $trust (10 nearest, 300 rows)" said
    grep -Fx "tsne: label accuracy $accuracy (1 nearest, 300 rows)" said
    stream-make feature:F32:4,2=random1 | tsne -p 1 --quality 2>said >/dev/null # without labels; k = (4 - 1) / 2
    grep -E 'tsne: neighbour recall [01]\.[0-9]{4} \(1 nearest, 4 rows\)' said
    if grep label said; then flunk "there are no labels"; fi
    stream-make feature:F32:10004,2=random1 | tsne -j 2 --iterations 1 --quality 2>said >/dev/null
    grep -F '(10 nearest, 10000 evenly chosen rows)' said
    equal "$(stream-make feature:F32:9,2=random1 | tsne -q -p 2 --quality 2>&1 >/dev/null)" ""
    stream-make feature:F32:9,2=random1 label:F32:9=zero | fails "field 'label' is F32" tsne -q -p 2 --quality
}

@test "the same bytes for any -j; another seed or start gives another map" {
    stream-make feature:F32:1100,5=random1 >rows.st
    tsne -q -j 1 --iterations 20 <rows.st >one.st
    tsne -q -j 3 --iterations 20 <rows.st | cmp - one.st
    tsne -q -j 1 --iterations 60 --method fft <rows.st >grid.st
    tsne -q -j 3 --iterations 60 --method fft <rows.st | cmp - grid.st
    for other in "--seed 1" "--init random" "--exaggeration 4" "--exaggeration-iterations 10" "--learning-rate 50" \
        "-p 20" "--iterations 21"; do
        # shellcheck disable=SC2086 # two words
        ! tsne -q --iterations 20 $other <rows.st | cmp -s - one.st || flunk "$other changes nothing"
    done
    tsne -q --iterations 0 --init random <rows.st >start.st
    ! tsne -q --iterations 0 --init random --seed 1 <rows.st | cmp -s - start.st || flunk "--seed: the same start"
}

@test "exaggeration and the first momentum end with their iterations" {
    local late=("--learning-rate=100" "--iterations=3")
    stream-make feature:F32:60,4=random1 >rows.st
    tsne -q -p 5 "${late[@]}" --exaggeration-iterations 0 --exaggeration 12 <rows.st >none.st
    tsne -q -p 5 "${late[@]}" --exaggeration-iterations 0 --exaggeration 1 <rows.st | cmp - none.st
    tsne -q -p 5 "${late[@]}" --exaggeration-iterations 3 --exaggeration 1 <rows.st >slow.st # momentum 0.5, not 0.8
    ! cmp -s slow.st none.st || flunk "the momentum is the same"
    tsne -q -p 5 "${late[@]}" --exaggeration-iterations 9 --exaggeration 1 <rows.st | cmp - slow.st
}

@test "features as small as floats can be are laid out as their multiples" {
    local init
    stream-make "feature:F32:60,4=$(numbers 240 1)" >whole.st
    stream-make "feature:F32:60,4=$(numbers 240 "$least_float")" >tiny.st
    for init in pca random; do
        tsne -p 10 --quality --init $init <whole.st 2>want >whole-map.st
        tsne -p 10 --quality --init $init <tiny.st 2>got >tiny-map.st
        cmp want got
        tensor-pick --fields map <whole-map.st >want.st
        tensor-pick --fields map <tiny-map.st | cmp - want.st
    done
}

@test "no rows, and the fewest" {
    [ "$(tsne </dev/null | wc -c)" == 0 ]
    stream-make feature:F32:0,4=zero | tsne >out.st
    stream-make feature:F32:0,4=zero map:F32:0,2=zero | stream-compare out.st -
    for rows in 1 2 3; do
        stream-make "feature:F32:$rows,2=random1" |
            fails "perplexity 1 is too large for $rows row" tsne -p 1
    done
    stream-make feature:F32:4,2=random1 | tsne -q -p 1 >out.st
    tensor-ls -v out.st | grep '^map'
}

@test "perplexity too large for the rows: the rule and the values" {
    local rule="(3 x perplexity must be less than the number of rows)"
    stream-make feature:F32:90,2=random1 |
        fails "standard input: perplexity 30 is too large for 90 rows $rule" tsne
    stream-make feature:F32:91,2=random1 | tsne -q --iterations 1 >/dev/null
}

@test "duplicates and constant columns are laid out, finite" {
    local twins
    twins=$(printf '%s,' {1..20} {1..20})
    for field in feature:F32:60,3=zero "feature:F32:40,1=${twins%,}"; do
        for method in exact fft; do
            stream-make "$field" | tsne -p 10 --method "$method" >out.st 2>said
            grep -E 'KL divergence -?[0-9]' said
            tensor-ls -v out.st | grep '^map' >list
            if grep -iE 'nan|inf' list; then flunk "the map is not finite"; fi
        done
    done
}

@test "usage errors" {
    misused "number from 1 to 10000" tsne -p 0.5 </dev/null
    misused "whole number from 0" tsne --iterations -1 </dev/null
    misused "none of auto, exact, fft" tsne --method bh </dev/null
    misused "none of pca, random, map" tsne --init grid </dev/null
    misused "whole number from 0" tsne --seed x </dev/null
    misused "number from 1 to 1000" tsne --exaggeration 0 </dev/null
    misused "whole number from 0" tsne --exaggeration-iterations 1.5 </dev/null
    misused "number from 0" tsne --learning-rate -3 </dev/null
    misused "too many operands" tsne rows.st </dev/null
}

@test "what is wrong with a stream" {
    stream-make label:I64:2=0,1 | fails "standard input: field 'feature' is missing" tsne
    stream-make feature:I64:2,1=0,1 | fails "field 'feature' is I64 of rank 2 (F32 of rank 2 is needed)" tsne
    stream-make feature:F32:2,1=0,1 / feature:F32:2,1=nan,1 | fails "row 0 of frame 2 holds nan" tsne
    stream-make feature:F32:2,1=0,1 / feature:F32:1,2=0,1 | fails "changes its type or shape between frames" tsne
    stream-make feature:F32:9,0=zero | fails "rows without values" tsne
}

@test "full disk, closed pipe" {
    stream-make feature:F32:20,3=random1 >rows.st
    full_disk tsne -q -p 5 --iterations 5 <rows.st
    closed_pipe tsne -q -p 5 --iterations 5 <rows.st
}
