# What gnuplot draws: every row of a table is a mark in the figure, and every name stands where it belongs.
load helpers/common

# draw SCRIPT STEM [NAME=VALUE...], as the pipeline does.
draw() {
    local script=$1
    shift
    "$ROOT/pipelines/figures/draw" "$ROOT/pipelines/figures/$script.gp" "$@"
}

# marks FIGURE.svg: how many points are drawn, those of the legend too.
marks() {
    grep -c "<use xlink:href='#gpPt[0-9]*' transform='translate([0-9.,]*) scale" "$1"
}

# places FIGURE.svg: X Y ANCHOR WORDS of every text.
places() {
    awk '
        /<g transform="translate\(/ {
            split($0, part, /[(),]/)
            x = part[2]
            y = part[3]
            anchor = $0
            sub(/.*text-anchor="/, "", anchor)
            sub(/".*/, "", anchor)
        }
        /<text>/ {
            gsub(/<[^>]*>|^[ \t]+/, "")
            print x "\t" y "\t" anchor "\t" $0
        }' "$1"
}

# map SCALE ROWS: a map of ROWS rows of ten classes, SCALE wide.
map() {
    awk -v scale="$1" -v rows="$2" 'BEGIN {
        for (i = 0; i < rows; i++)
            print scale * sin(i * i) "\t" 3 * scale + scale * cos(i * i) "\t" i % 10
    }'
}

letters=alpha,beta,gamma,delta,epsilon,zeta,eta,theta,iota,kappa

@test "the maps of t-SNE show every row, whatever the scale of the one beside it" {
    local scales
    map 1 100 >one
    for scales in "1 1" "1 30" "30 1" "1 1e-6"; do
        map "${scales% *}" 100 >first
        map "${scales#* }" 70 >second
        for half in first second; do
            awk -f "$ROOT/pipelines/facts/statistics.awk" -f "$ROOT/pipelines/figures/tsne-names.awk" \
                -v names=$letters $half >$half-names
        done
        draw tsne map first=first second=second classes=$letters first_names=first-names second_names=second-names
        equal "$scales: $(marks map.svg)" "$scales: $((100 + 70 + 10))"
        # each name once in the legend and once in each half
        equal "$scales: $(places map.svg | grep -c "	alpha$")" "$scales: 3"
    done
}

@test "the names in a map stand inside its frame" {
    # one class in a far corner each, and names of any length
    printf '%s\t%s\t%s\n' 0 0 0  10 10 1  0 10 2  10 0 3  5 5 4 >first
    local long=automobiles,a_name_of_twenty_two_l,aa,a_name_of_thirty_five_letters_in_all,b
    awk -f "$ROOT/pipelines/facts/statistics.awk" -f "$ROOT/pipelines/figures/tsne-names.awk" -v names=$long \
        first >names
    draw tsne map first=first second=first first_names=names second_names=names classes=$long
    # a bold letter is 7 pixels wide at most; a frame is a path from its left upper corner and back
    { grep -o "d='M[0-9.]*,[0-9.]* L[^Z]*Z" map.svg | sort -u; places map.svg; } | awk -F'\t' '
        /^d=/ {
            split($0, corner, /[ML, ]+/)
            frames++
            left[frames] = corner[2]; bottom[frames] = corner[5]; right[frames] = corner[6]; top[frames] = corner[3]
            next
        }
        $3 == "middle" && $4 != "labels" && $4 != "rotation" {
            half = 7 * length($4) / 2
            for (f = 1; f <= frames; f++)
                inside += $1 - half > left[f] && $1 + half < right[f] && $2 > top[f] + 4 && $2 < bottom[f]
        }
        END { print frames, inside }' | grep -qx "2 10"
}
