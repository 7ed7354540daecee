# What the figures show: what gnuplot draws of a small table (set table), and where words, marks and tiles stand in the
# drawing. Tables and layouts themselves: facts.bats, layouts.bats.
load helpers/common

FIGURES=$ROOT/pipelines/figures

tabs() { sed 's/^ *//; s/  */\t/g; s/~/ /g'; }
table() { tabs >"$1"; }
# is FILE: its blanks, however many, count as one.
is() { equal "$(sed 's/^ *//; s/[ \t]*$//; s/[ \t][ \t]*/ /g' "$1")" "$(sed 's/^ *//')"; }

# draw SCRIPT NAME=VALUE...: the drawing in figure.svg; what its curves are made of in `curves`: X Y ... and i (drawn)
# or o (outside the frame), a line of -- before each curve. A function of x has two points.
draw() {
    "$FIGURES/draw" "$FIGURES/$1.gp" figure "${@:2}"
    [ -d tables ] || {
        cp -r "$FIGURES" tables
        printf '%s\n' 'set table "drawn"; set samples 2' >>tables/style.gp
    }
    # no picture is made, which draw minds
    tables/draw "tables/$1.gp" tables/none "${@:2}" 2>said || grep -q 'not one page' said || flunk "$(<said)"
    awk '/^# Curve [0-9]/ { print "--" } !/^#/ && NF && $NF != "u"' drawn >curves
}

# words: X Y TEXT of the words in figure.svg, in pixels.
words() {
    sed -n "s/.*translate(\([0-9.-]*\),\([0-9.-]*\)).*/@ \1 \2/p; s/.*<text>\(.*\)<\/text>.*/\1/p" figure.svg |
        sed 's/<[^>]*>//g' | awk '/^@ / { place = $2 " " $3; next } { print place, $0 }'
}
# in_order KEYS TEXT...: the texts of the drawing that are among those named, by place: `1g` from left to right, `2g`
# from top to bottom.
in_order() {
    local key=$1
    shift
    words | LC_ALL=C sort -s -k"$key" | cut -d' ' -f3- | grep -xF "$(printf '%s\n' "$@")" | paste -sd' '
}
# place TEXT: X Y of the only such word.
place() {
    words | awk -v text="$1" '
        { t = $0; sub(/^[^ ]* [^ ]* /, "", t) }
        t == text { print $1, $2; n++ }
        END { exit n != 1 }'
}
# marks POINTTYPE: X Y of the points of gnuplot's type in figure.svg.
marks() {
    sed -n "s/.*<use xlink:href='#gpPt$(($1 - 1))' transform='translate(\([0-9.-]*\),\([0-9.-]*\)).*/\1 \2/p" figure.svg
}

@test "confusion: true classes from top to bottom, predicted ones from left to right, per cent in the cells" {
    table cells <<'END'
        0 0 0.75
        0 1 0.246
        0 2 0.004
        1 0 0.1
        1 1 0.9
        1 2 0
        2 0 0
        2 1 0
        2 2 1
END
    draw confusion cells=cells names=ant,bee,cat
    is curves <<'END'
        --
        0 0 0.75 i
        1 0 0.246 i
        2 0 0.004 i
        0 1 0.1 i
        1 1 0.9 i
        2 1 0 i
        0 2 0 i
        1 2 0 i
        2 2 1 i
        --
        0 0 "75"
        1 0 "25"
        2 0 ""
        0 1 "10"
        1 1 "90"
        2 1 ""
        0 2 ""
        1 2 ""
        2 2 "100"
END
    equal "$(in_order 1g ant bee cat)" "ant bee cat ant bee cat"
    # the row of class 0 is the first one: its numbers stand above those of class 1, beside its name
    equal "$(in_order 2g 75 90 100)" "75 90 100"
    words | awk '{ y[$3] = y[$3] " " $2 } END { split(y["bee"], b, " "); d = b[1] - y["90"]; exit d < -6 || d > 6 }'
    # "true" stands at the rows' side, "predicted" below the columns
    local x y
    read -r x y <<<"$(place true)"
    awk -v x="$x" 'BEGIN { exit x > 60 }'
    read -r x y <<<"$(place predicted)"
    awk -v y="$y" 'BEGIN { exit y < 350 }'
}

@test "turns: turns shown by row, answered by column; for each class its turns and its names in per cent" {
    awk 'BEGIN { for (s = 0; s < 4; s++) for (a = 0; a < 4; a++) print s "\t" a "\t" (10 * s + a) / 100 }' >cells
    table rows <<'END'
        0 0.5 0.9
        1 0.75 0.25
END
    draw turns cells=cells rows=rows names=ant,bee
    awk '/^--/ { n++ } n > 2' curves >right
    equal "$(awk '/^--/ { n++; next } n == 1 { print $1, $2, $3 }' curves)" "$(awk '
        BEGIN { for (s = 0; s < 4; s++) for (a = 0; a < 4; a++) print a, s, (10 * s + a) / 100 }')"
    is right <<'END'
        --
        50 0 40 0 i
        75 1 -50 0 i
        --
        90 0 i
        25 1 i
        --
        50 0 i
        75 1 i
END
    equal "$(in_order 1g 0 90 180 270)" "0 90 180 270 0 90 180 270"
    equal "$(in_order 2g 0 90 180 270)" "0 90 180 270 0 90 180 270"
    equal "$(in_order 2g ant bee)" "ant bee"
    # red triangles (9) are turns, blue dots (7) are names, in the drawing as in its legend
    equal "$(marks 9 | wc -l) $(marks 7 | wc -l)" "3 3"
    local turns names
    turns=$(place 'its turn (rotation)')
    names=$(place 'its name (labels)')
    marks 9 | awk -v x="${turns% *}" '{ d = x - $1 } d > 0 && d < 25 { near = 1 } END { exit !near }'
    marks 7 | awk -v x="${names% *}" '{ d = x - $1 } d > 0 && d < 25 { near = 1 } END { exit !near }'
}

@test "curves: loss and accuracy of training and validation, a guess, the chosen epoch" {
    table rows <<'END'
        epoch step rate train_loss train_accuracy val_loss val_accuracy seconds
        1 1 0.1 2.0 0.2 1.5 0.4 10
        2 2 0.1 1.0 0.6 1.1 0.7 20
        3 3 0.1 0.5 0.9 1.2 0.6 30
END
    draw curves rows=rows chosen=2 classes=4
    is curves <<'END'
        --
        1 1.38629 i
        3 1.38629 i
        --
        1 2 i
        2 1 i
        3 0.5 i
        --
        1 1.5 i
        2 1.1 i
        3 1.2 i
        --
        2 1.1 i
        --
        1 25 i
        3 25 i
        --
        1 20 i
        2 60 i
        3 90 i
        --
        1 40 i
        2 70 i
        3 60 i
        --
        2 70 i
END
    place 'chosen epoch: 2'
    equal "$(in_order 1g 'cross-entropy loss (nats)' 'accuracy (%)')" "cross-entropy loss (nats) accuracy (%)"
    # training is drawn in blue with dots, validation in red with squares, as the legend has it
    equal "$(in_order 1g training validation 'a guess')" "training validation a guess"
    equal "$(marks 7 | wc -l) $(marks 5 | wc -l) $(marks 6 | wc -l)" "6 6 3"
}

@test "depth: the three networks' shares in per cent by layer, their names at their own lines" {
    table rows <<'END'
        conv1 0.3 0.35 0.2 0.1 0.1 0.1 0.1 0.1 0.1
        layer2.0 0.9 0.6 0.4 0.1 0.1 0.1 0.1 0.1 0.1
END
    draw depth rows=rows classes=5
    is curves <<'END'
        --
        -0.2 20 i
        2.25 20 i
        --
        0 20 i
        1 40 i
        --
        0 35 i
        1 60 i
        --
        0 30 i
        1 90 i
END
    equal "$(in_order 1g conv1 layer2.0)" "conv1 layer2.0"
    # each name at the height of its own line's end: a dot, a triangle, a square
    local line
    for line in 'labels 7' 'rotation 9' 'untrained 5'; do
        {
            place "${line% *}"
            marks "${line#* }" | tail -n 1
        } | awk '{ y[NR] = $2 } END { exit y[1] - y[2] < -5 || y[1] - y[2] > 5 }'
    done
    equal "$(in_order 2g labels rotation untrained 'a guess')" "labels rotation untrained a guess"
}

@test "tsne: each class's points in both maps, the names at their places, the legend" {
    table label <<'END'
        0 0 0
        1 1 0
        8 9 1
        10 10 2
END
    table rotation <<'END'
        3 4 2
        5 5 1
        5 7 0
        4 2 0
END
    table label_names <<'END'
        0.5 0.6 ant
        8 9 bee
        10 9.5 cat
END
    table rotation_names <<'END'
        4.5 4.5 ant
        5 5 bee
        3 4 cat
END
    draw tsne first=label second=rotation names=ant,bee,cat first_names=label_names second_names=rotation_names
    is curves <<'END'
        --
        0 0 i
        1 1 i
        --
        8 9 i
        --
        10 10 i
        --
        0.5 0.6 "ant"
        8 9 "bee"
        10 9.5 "cat"
        --
        5 7 i
        4 2 i
        --
        5 5 i
        --
        3 4 i
        --
        4.5 4.5 "ant"
        5 5 "bee"
        3 4 "cat"
END
    equal "$(in_order 1g labels rotation)" "labels rotation"
}

@test "sheet: tiles, frames and words where the table wants them, the tiles counted row by row" {
    # red, green / blue, grey
    pnmcat -tb <(pnmcat -lr <(ppmmake rgb:ff/00/00 2 2) <(ppmmake rgb:00/ff/00 2 2)) \
        <(pnmcat -lr <(ppmmake rgb:00/00/ff 2 2) <(ppmmake rgb:80/80/80 2 2)) | pnmtopng -quiet >sheet.png
    table rows <<'END'
        1 0.5 2 2 2 wrong bee
        4 0.5 1 1 0 right -
        0.5 3 - - left small some~words
        5 3 1 1.5 1 mark ant
        7 1 1 1 3 - -
END
    "$FIGURES/sheet" sheet.png figure tile_width=2 tile_height=2 rows=rows width=8 height=5
    # X Y W H in tenths of a centimetre (37.8 pixels a centimetre), and the colour of the tile
    local x y w h data
    tr -d '\n' <figure.svg | grep -o '<image [^>]*>' |
        sed "s/[a-zA-Z:]*='/ /g; s/'/ /g; s/data:image.png;base64,//; s|/>||" |
        while read -r _ x y w h _ data; do
            awk -v v="$x $y $w $h" 'BEGIN { split(v, a); for (i = 1; i <= 4; i++) printf "%.0f ", a[i] / 3.78 }'
            tr -cd 'A-Za-z0-9+/=' <<<"$data" | base64 -d | pngtopnm |
                pnmcut -left 0 -top 0 -width 1 -height 1 | pnmtoplainpnm | tail -n 1
        done >tiles
    is tiles <<'END'
        10 5 20 20 0 0 255
        40 5 10 10 255 0 0
        50 30 10 15 0 255 0
        70 10 10 10 128 128 128
END
    # frames: colour, whether dashed, left upper and right lower corner
    local corners="d='M[^ ]* L\([^ ]*\) L[^ ]* L\([^ ]*\) L[^ ]* Z"
    sed -n "s/.*<path stroke='rgb(\([^)]*\))'\(.*\) $corners.*/\1;\2;\3;\4/p" figure.svg |
        tr -d ' ' | awk -F';' '{
            printf "%s %s", $1, $2 ~ /dash/ ? "dashed" : "plain"
            n = split($3 "," $4, v, ","); for (i = 1; i <= n; i++) printf " %.0f", v[i] / 3.78; print "" }' >frames
    is frames <<'END'
        189,31,1 dashed 10 5 30 25
        63,144,218 plain 40 5 50 15
        48,50,56 plain 50 30 60 45
END
    words | awk '{ printf "%.0f %.0f", $1 / 3.78, $2 / 3.78; $1 = $2 = ""; sub(/^ */, " "); print }' >said
    is said <<'END'
        20 27 bee
        5 31 some words
        55 47 ant
END
}
