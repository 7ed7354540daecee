# What stands where: the layouts of the sheets (pipelines/figures/*.awk) compared as text with ones written by hand, and
# the data of the page of maps.
load helpers/common

PROGRAMS=$ROOT/pipelines

# layout PROGRAM [ARGUMENT...]: of pipelines/figures; stdin where no file is named.
layout() { awk -f "$PROGRAMS/figures/$1.awk" "${@:2}"; }

# table FILE: stdin, with tabs for blanks, blanks for ~ and without indentation, into a file. is FILE: the same, to
# compare with.
tabs() { sed 's/^ *//; s/  */\t/g; s/~/ /g'; }
table() { tabs >"$1"; }
is() { equal "$(cat "$1")" "$(tabs)"; }

@test "samples: a row for each class, its name beside its own images" {
    printf '%s\n' 0 0 1 1 | names=ant,bee layout samples -v each=2 >got
    is got <<'END'
        2.3 0.55 - - right big ant
        2.5 0.05 1 1 0 - -
        3.58 0.05 1 1 1 - -
        2.3 1.63 - - right big bee
        2.5 1.13 1 1 2 - -
        3.58 1.13 1 1 3 - -
END
}

@test "samples: a class with fewer images has empty places, one without any a row of them" {
    printf '%s\n' 0 2 2 | names=ant,bee,cat,dog layout samples -v each=2 >got
    is got <<'END'
        2.3 0.55 - - right big ant
        2.5 0.05 1 1 0 - -
        2.3 1.63 - - right big bee
        2.3 2.71 - - right big cat
        2.5 2.21 1 1 1 - -
        3.58 2.21 1 1 2 - -
        2.3 3.79 - - right big dog
END
}

@test "samples: long names get room, and many classes stand beside each other" {
    # letters are counted, not bytes
    printf '%s\n' 0 | names=$(printf 'č%.0s' {1..20}) layout samples -v each=10 >got
    equal "$(head -n 1 got | cut -f1)" 3
    printf '%s\n' 0 | names=$(printf 'č%.0s' {1..35}) layout samples -v each=10 >got
    equal "$(cut -f1,3,4 got | paste -sd' ')" "5.1	-	- 5.3	0.97	0.97"
    # 100 classes of ten: two of each, within the width of the page and on one
    for ((k = 0; k < 100; k++)); do printf "$k\n%.0s" {1..10}; done |
        names=$(seq -s, 100) layout samples -v each=10 >got
    equal "$(awk -F'\t' '$4 == "-"' got | wc -l) $(awk -F'\t' '$4 != "-"' got | wc -l)" "100 200"
    awk -F'\t' '
        $4 == "-" { class = $7 - 1; next }
        { wrong += int($5 / 10) != class || $1 + $3 > 15.8 || $2 + $4 > 20 }
        END { exit wrong > 0 }' got
}

@test "cam: image and map side by side, the prediction with its probability, wrong ones framed" {
    table rows <<'END'
        1 1 0 1.0986123
        1 0 0 0
        0 0 9 0
END
    names=ant,bee layout cam -v columns=2 rows >got
    is got <<'END'
        2.1 1.745 - - right big bee
        2.3 0.1 3.29 3.29 0 - -
        5.59 0.1 3.29 3.29 1 - -
        5.59 3.56 - - center small bee,~75~% 6.68
        9.04 0.1 3.29 3.29 2 - -
        12.33 0.1 3.29 3.29 3 wrong -
        12.33 3.56 - - center small ant,~50~% 6.68
        2.1 5.585 - - right big ant
        2.3 3.94 3.29 3.29 4 - -
        5.59 3.94 3.29 3.29 5 - -
        5.59 7.4 - - center small ant,~100~% 6.68
END
}

@test "cam: a class with fewer images has empty places" {
    table rows <<'END'
        1 1 0 9
        0 0 9 0
        0 0 9 0
END
    names=ant,bee layout cam -v columns=2 rows | awk -F'\t' '$4 != "-" { print $1, $2, $5 }' >got
    is got <<'END'
        2.3~0.1~0
        5.59~0.1~1
        2.3~3.94~2
        5.59~3.94~3
        9.04~3.94~4
        12.33~3.94~5
END
}

@test "cam-odd: the mistake's image and both its maps, then the right prediction from the border" {
    table facts <<'END'
        odd.wrong.label 1
        odd.wrong.prediction 0
        odd.wrong.probability 0.9
        odd.edge.label 2
END
    names=ant,bee,cat layout cam-odd facts >got
    is got <<'END'
        5.1 0.25 - - center big a~sure~mistake
        0.2 0.6 3 3 0 - it~is:~bee
        3.6 0.6 3 3 1 wrong speaks~for:~ant
        7 0.6 3 3 3 - speaks~for:~bee
        13.15 0.25 - - center big right,~from~the~border
        10.6 0.6 2.5 2.5 4 - -
        13.2 0.6 2.5 2.5 5 - -
        13.15 3.3 - - center small cat
END
}

@test "cam-both: each image above both networks' maps, turns in degrees, wrong names and turns framed" {
    table label <<'END'
        0 0
        1 0
END
    printf '0\n3\n' >rotation
    names=ant,bee layout cam-both label rotation >got
    is got <<'END'
        1.3 0.75 - - right small image
        1.3 2.45 - - right small labels
        1.3 4.4 - - right small rotation
        1.5 0.1 1.36 1.36 0 - -
        1.5 1.75 1.36 1.36 1 - ant
        1.5 3.7 1.36 1.36 5 - 0°
        2.92 0.1 1.36 1.36 2 - -
        2.92 1.75 1.36 1.36 3 wrong ant
        2.92 3.7 1.36 1.36 7 wrong 270°
END
}

@test "filters-first: all filters in rows of four or eight, each network's own picks framed and numbered" {
    table label <<'END'
        edge 1 0.9
        colour 4 0.8
END
    table rotation <<'END'
        edge 0 0.9
END
    layout filters-first -v count=5 label rotation >got
    is got <<'END'
        3.85 0.25 - - center big labels
        0.3 0.55 1.7 1.7 0 - -
        2.1 0.55 1.7 1.7 1 mark 1
        3.9 0.55 1.7 1.7 2 - -
        5.7 0.55 1.7 1.7 3 - -
        0.3 2.55 1.7 1.7 4 mark 4
        11.85 0.25 - - center big rotation
        8.3 0.55 1.7 1.7 5 mark 0
        10.1 0.55 1.7 1.7 6 - -
        11.9 0.55 1.7 1.7 7 - -
        13.7 0.55 1.7 1.7 8 - -
        8.3 2.55 1.7 1.7 9 - -
END
    # 17 filters: the ninth begins the second row of eight
    layout filters-first -v count=17 label rotation | sed -n '9p;10p;27p' >got
    is got <<'END'
        6.6 0.55 0.8 0.8 7 - -
        0.3 1.65 0.8 0.8 8 - -
        14.6 0.55 0.8 0.8 24 - -
END
}

@test "filters-picked: the picks of both networks with their numbers and shares" {
    table label <<'END'
        edge 1 0.914
        weak 4 0.2
END
    table rotation <<'END'
        colour 2 0.5
END
    layout filters-picked -v count=8 label rotation >got
    is got <<'END'
        1.9 1.1 - - right big labels
        2.2 0.1 2.1 2.1 1 - 1:~edge~91~%
        4.9 0.1 2.1 2.1 4 - 4:~weakest
        1.9 3.7 - - right big rotation
        2.2 2.7 2.1 2.1 10 - 2:~colour~50~%
END
}

@test "filters-second: two pictures, as large as the width or the height allows" {
    layout filters-second -v width=72 -v height=50 >got
    is got <<'END'
        3.9 0.25 - - center big labels
        11.9 0.25 - - center big rotation
        0.3 0.6 7.2 5 0 - -
        8.3 0.6 7.2 5 1 - -
END
    layout filters-second -v width=50 -v height=100 | tail -n 2 >got
    is got <<'END'
        1.4 0.6 5 10 0 - -
        9.4 0.6 5 10 1 - -
END
}

@test "map-images: two mosaics side by side, as high as they are" {
    layout map-images -v width=200 -v height=50 >got
    is got <<'END'
        3.875 0.25 - - center big labels
        11.925 0.25 - - center big rotation
        0 0.6 7.75 3.875 0 - -
        8.05 0.6 7.75 3.875 1 - -
END
}

@test "neighbours: each query once, beside it the neighbours of both networks, each under its own name" {
    table label <<'END'
        0 0 1
        1 2 1
END
    table rotation <<'END'
        0 2 2
        1 1 0
END
    names=ant,bee,cat layout neighbours label rotation >got
    is got <<'END'
        0.1 0.65 1.5 1.5 0 mark ant
        3.05 0.69 - - right small labels
        3.2 0.1 1.18 1.18 1 right ant
        4.46 0.1 1.18 1.18 2 wrong bee
        0.1 3.95 1.5 1.5 3 mark bee
        3.05 3.99 - - right small labels
        3.2 3.4 1.18 1.18 4 wrong cat
        4.46 3.4 1.18 1.18 5 right bee
        3.05 2.27 - - right small rotation
        3.2 1.68 1.18 1.18 7 wrong cat
        4.46 1.68 1.18 1.18 8 wrong cat
        3.05 5.57 - - right small rotation
        3.2 4.98 1.18 1.18 10 right bee
        4.46 4.98 1.18 1.18 11 wrong ant
END
}

@test "rotation-loss: the turn made and the turn answered, largest losses above lowest" {
    table rows <<'END'
        7 1 2 0 5.04
        0 0 0 2 3.5
        1 2 1 1 0.00049
        4 2 3 3 0.02
END
    layout rotation-loss -v count=2 rows >got
    is got <<'END'
        0.05 0.2 - - left small largest~loss
        0.05 0.4 1.5 1.5 0 wrong 180~→~0,~5.0
        1.63 0.4 1.5 1.5 1 wrong 0~→~180,~3.5
        0.05 2.63 - - left small lowest~loss
        0.05 2.83 1.5 1.5 2 - 90~→~90,~5e-4
        1.63 2.83 1.5 1.5 3 - 270~→~270,~0.0
END
}

@test "tsne-names: names at the medians of their own classes; where two would cover each other, apart" {
    place() { awk -f "$PROGRAMS/facts/statistics.awk" -f "$PROGRAMS/figures/tsne-names.awk"; }
    # the corners are class 2, whose medians lie in the middle
    table map <<'END'
        0 0 2
        100 100 2
        50 51 2
        20 80 0
        22 82 0
        30 70 0
        70 20 1
        74 30 1
END
    names=ant,bee,big_cat place <map >got
    is got <<'END'
        22 80 ant
        72 25 bee
        50 51 big_cat
END
    # class 1 a little below class 0: 0 stays above, both stay at their x
    table map <<'END'
        0 0 2
        100 100 2
        100 0 2
        0 100 2
        20 81 0
        21 80 1
END
    names=ant,bee,cat place <map | awk -F'\t' '
        $3 == "ant" { x = $1; y = $2 }
        $3 == "bee" { print x, $1, (y - $2 > 100 / 22), (y - $2 < 100 / 18), y + $2 }' >got
    equal "$(cat got)" "20 21 1 1 161"
}

@test "the page of maps: label, prediction and both places of each image, on one scale for x and y" {
    table one <<'END'
        0 0 0 1
        10 0 1 1
        5 5 2 0
END
    table two <<'END'
        0 0 0 1
        0 -4 1 1
        2 0 2 0
END
    printf 'no picture' >sheet.jpg
    local names='ant,big_bee,cat "x"\y</script>'
    "$PROGRAMS/page/make" 'A title' 'About it.' "$names" 7 sheet.jpg First=one Second=two >page.html
    sed -n '/^const data = /,/^const maps/p' page.html | tr -d '\n' >got
    equal "$(cat got)" "$(printf '%s' 'const data = [0,1,0,2500,2500,9999,' '1,1,9999,2500,2500,0,' \
        '2,0,5000,7499,7499,9999];' 'const classes = ["ant","big_bee","cat \"x\"\\y\u003c/script>"];' \
        'const maps = ["First","Second"]')"
    holds "$(cat page.html)" "const side = 32, columns = 7;"
    holds "$(cat page.html)" "<title>A title</title>"
    holds "$(cat page.html)" "<p>About it. "
    holds "$(cat page.html)" "data:image/jpeg;base64,$(base64 -w 0 sheet.jpg)"
}
