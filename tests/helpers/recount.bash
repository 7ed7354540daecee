# The numbers of a told report, counted again from its streams by other means than pipelines/facts: `load
# helpers/recount` after helpers/common. What was told is in the folder $told.

# fact NAME: its value.
fact() {
    awk -F'\t' -v name="$1" '$1 == name { print $2; found = 1; exit } END { exit !found }' "$told"/facts/*.tsv ||
        flunk "no fact $1"
}

# near GOT WANT: two tables of numbers, equal but for the sixth digit.
near() {
    paste -d' ' <(tr -s '\t ' '\n' <<<"$1") <(tr -s '\t ' '\n' <<<"$2") | awk '
        { d = $1 - $2; size = $2 < 0 ? -$2 : $2 }
        NF != 2 || !(d <= 2e-5 * size + 2e-6 && -d <= 2e-5 * size + 2e-6) { exit 1 }' ||
        flunk "got:    $1"$'\n'"wanted: $2"
}

# is_fact NAME VALUE: the fact is the value.
is_fact() {
    near "$(fact "$1")" "$2" || flunk "$1"
}

# fields STREAM FIELD...: a table of them.
fields() { tensor-tsv "${@:2}" <"$told/$1"; }

# values FIELD COUNT: a field of stdin whose rows have more than one dimension, as a table; of a model, a tensor's.
values() { tensor-pick --fields "$1" | tensor-tsv $(seq -f "$1.%g" 0 $(($2 - 1))); }

# share: of the lines of stdin, those whose first two columns are the same.
share() { awk '$1 == $2 { n++ } END { printf "%.9g\n", n / NR }'; }

# mean: of stdin's first column.
mean() { awk '{ sum += $1 } END { printf "%.9g\n", sum / NR }'; }

# correlation: of the two columns of stdin, by deviations from the means.
correlation() {
    awk '
        { x[NR] = $1; y[NR] = $2; mx += $1; my += $2 }
        END {
            for (i = 1; i <= NR; i++) {
                dx = x[i] - mx / NR; dy = y[i] - my / NR
                xx += dx * dx; yy += dy * dy; xy += dx * dy
            }
            printf "%.9g\n", (xx * yy > 0 ? xy / sqrt(xx * yy) : 0)
        }'
}

# named MODEL STREAM: for each image of a stream its label and what the model says of it now.
named() { resnet-embed -q -m "$told/$1.safetensors" --emit prediction,loss | tensor-tsv "${@:2}"; }

# tile SHEET N COLUMNS ZOOM: the tile of 32 x 32 pixels, as it was before it was enlarged, as text.
tile() {
    local side=$((32 * $4))
    pngtopnm "$told/sheets/$1.png" |
        pamcut -left $((side * ($2 % $3))) -top $((side * ($2 / $3))) -width $side -height $side |
        pamscale -quiet -nomix -reduce "$4" | pnmtoplainpnm | tail -n +4 | tr -s ' ' '\n' | sed '/^$/d'
}
# image STREAM ROW: an image of a stream, likewise.
image() {
    tensor-pick --rows "$2" <"$told/$1" | tensor-pnm --gap 0 --zoom 1 | pnmtoplainpnm | tail -n +4 | tr -s ' ' '\n' |
        sed '/^$/d'
}
