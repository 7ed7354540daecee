# The awk programs of pipelines/facts, each on a table of a few rows, with its facts worked out by hand.
load helpers/common

PROGRAMS=$ROOT/pipelines/facts

# facts PROGRAM [ARGUMENT...]: what the program prints; its input is stdin where no file is named.
facts() { awk -f "$PROGRAMS/$1.awk" "${@:2}"; }
# The same for a program that uses statistics.awk.
counted() { awk -f "$PROGRAMS/statistics.awk" -f "$PROGRAMS/$1.awk" "${@:2}"; }

# table FILE: stdin, with tabs for blanks, blanks for ~ and without indentation, into a file. is FILE: the same, to
# compare with.
tabs() { sed 's/^ *//; s/  */\t/g; s/~/ /g'; }
table() { tabs >"$1"; }
is() { equal "$(cat "$1")" "$(tabs)"; }

# The functions of statistics.awk, called from a program of one line.
statistic() {
    { cat "$PROGRAMS/statistics.awk" && echo "BEGIN { $1 }"; } >program
    awk -f program
}

@test "correlation: of lists that go together, against each other, half together, and of a constant" {
    equal "$(statistic 'print correlation("1 2 3", "2 4 6")')" 1
    equal "$(statistic 'print correlation("1 2 3", "9 8 7")')" -1
    # deviations -1 0 1 and -1 1 0: 1 / sqrt(2 * 2)
    equal "$(statistic 'print correlation("1 2 3", "1 3 2")')" 0.5
    equal "$(statistic 'print correlation("1 2 3", "5 5 5")')" 0
    equal "$(statistic 'print correlation("5 5", "1 2")')" 0
}

@test "median: of an odd and of an even number of rows, in any order, by the rows' numbers" {
    equal "$(statistic 'v[1] = 9; v[4] = 1; v[7] = 5; print median(" 1 4 7", v)')" 5
    equal "$(statistic 'v[1] = 9; v[2] = 1; v[3] = 5; v[4] = 6; print median("1 2 3 4", v)')" 5.5
    equal "$(statistic 'v[3] = 8; print median("3", v)')" 8
    equal "$(statistic 'v[1] = 10; v[2] = 9; v[3] = -2; print median("1 2 3", v)')" 9
}

@test "correlation.awk: of two lines, under the name that it is given" {
    printf '1\t2\t3\n1\t3\t2\n' >lines
    equal "$(counted correlation -v name=some.name lines)" "some.name	0.5"
}

@test "names.awk: recall, accuracy, loss, the best, the worst and the confused, the matrix by true class" {
    table rows <<'END'
        0 0 0.1
        0 0 0.2
        0 0 0.3
        0 1 1.4
        1 1 0.1
        1 0 1
        1 0 0.9
        1 2 0.5
        1 1 0.3
        2 2 0.2
END
    facts names -v matrix=matrix rows >got
    is got <<'END'
        recall.label.0 0.75
        recall.label.1 0.4
        recall.label.2 1
        test.label.accuracy 0.6
        test.label.loss 0.5
        test.label.best_class 2
        test.label.best_recall 1
        test.label.worst_class 1
        test.label.worst_recall 0.4
        test.label.confused_true 1
        test.label.confused_predicted 0
        test.label.confused_share 0.4
        test.label.confused_back_share 0.25
        test.label.confused_back_rank 1
END
    is matrix <<'END'
        0 0 0.75
        0 1 0.25
        0 2 0
        1 0 0.4
        1 1 0.4
        1 2 0.2
        2 0 0
        2 1 0
        2 2 1
END
}

@test "names.awk: a class without test images is neither the best nor the worst" {
    table rows <<'END'
        1 1 0.5
        1 2 0.5
        3 3 0.1
END
    facts names -v matrix=matrix rows >got
    equal "$(grep -c '^recall' got) $(grep '^recall' got | paste -sd' ')" "2 recall.label.1	0.5 recall.label.3	1"
    equal "$(sed -n 's/^test.label.\(best\|worst\)_class//p' got | paste -sd' ')" "	3 	1"
    # the matrix has all rows
    equal "$(wc -l <matrix)" 16
}

@test "turns.awk: a class without test images is left out" {
    printf 'recall.label.1\t0.5\nrecall.label.3\t1\n' >names
    table turned <<'END'
        1 0 1 1
        1 1 1 1
        3 0 0 1
        3 1 1 1
END
    counted turns -v matrix=matrix -v classes=classes names turned >got
    is classes <<'END'
        1 0.5 0.5
        3 1 1
END
    equal "$(sed -n 's/^turn.\(best\|worst\|gap\)_class//p' got | paste -sd' ')" "	3 	1 	1"
    grep -qx 'turn.correlation	1' got
}

@test "cam-rows.awk: of two classes both, once each; classes without test images are not chosen" {
    printf 'recall.label.2\t0.5\nrecall.label.4\t0.9\n' >names
    printf '%s\n' 2 4 2 4 2 >labels
    facts cam-rows -v columns=2 -v facts=facts names labels >rows
    equal "$(paste -sd' ' rows)" "1 3 0 2"
    is facts <<'END'
        cam.class_1 4
        cam.class_2 2
        cam.class_3 2
        cam.columns 2
END
}

@test "enough.awk: ten images of each part and two classes, or what is missing is said" {
    seq 10 >ten
    seq 9 >nine
    yes 4 | head -n 10 >alike
    facts enough ten ten ten >got
    is got <<'END'
        training 10
        validation 10
        test 10
END
    run facts enough ten nine ten
    equal "$status" 1
    holds "$output" "report: 9 validation images are too few: the report shows ten"
    run facts enough ten ten alike
    equal "$status" 1
    holds "$output" "report: all test images are of one class"
}

@test "perplexity.awk: what is asked for, or less than a third of the rows" {
    perplexity() { echo "$1" | facts perplexity -v options="$2"; }
    equal "$(perplexity 100 '--iterations 5 --perplexity 15')" 15
    equal "$(perplexity 46 '--perplexity 15') $(perplexity 45 '-p 15')" "15 14"
    equal "$(perplexity 10 '--perplexity 15 --iterations 5') $(perplexity 1000 '')" "3 30"
}

@test "names.awk: a mistake whose mirror image is not the commonest one" {
    # 1 is taken for 0 (2 of 3); 0 is rather taken for 2
    table rows <<'END'
        0 0 1
        0 0 1
        0 2 1
        0 2 1
        0 1 1
        1 0 1
        1 0 1
        1 1 1
        2 2 1
END
    facts names -v matrix=matrix rows | tail -n 5 >got
    is got <<'END'
        test.label.confused_true 1
        test.label.confused_predicted 0
        test.label.confused_share 0.666667
        test.label.confused_back_share 0.2
        test.label.confused_back_rank 2
END
}

@test "surest-mistake.awk: the wrong prediction with the highest probability, not the surest row nor the last mistake" {
    table rows <<'END'
        0 0 9 0 0
        0 1 0 1.0986123 0
        2 0 1.3862944 0 0
        1 2 0 0 0.6931472
END
    # exp: 1 3 1, 4 1 1 and 1 1 2; the probabilities are 3/5, 4/6 and 2/4
    facts surest-mistake rows >got
    is got <<'END'
        odd.wrong.index 2
        odd.wrong.label 2
        odd.wrong.prediction 0
        odd.wrong.probability 0.666667
END
    head -n 1 rows | facts surest-mistake >got
    is got <<'END'
        odd.wrong.index 0
        odd.wrong.label 0
        odd.wrong.prediction 0
        odd.wrong.probability 0
END
}

@test "turns.awk: half and quarter turns, the matrix by the turn shown, turns beside names" {
    table names <<'END'
        recall.label.0 0.6
        recall.label.1 0.9
        recall.label.2 0.6
        test.label.accuracy 0.7
END
    # class 0: one half turn off; class 1: a quarter off to either side; class 2: all right
    table rows <<'END'
        0 0 0 0.1
        0 1 1 0.1
        0 2 0 0.6
        0 3 3 0.2
        1 0 1 0.5
        1 1 0 1.5
        1 2 2 0.1
        1 3 3 0.1
        2 0 0 0.1
        2 1 1 0.1
        2 2 2 0.1
        2 3 3 0.1
END
    counted turns -v matrix=matrix -v classes=classes names rows >got
    # found .75 .5 1, named .6 .9 .6: deviations 0 -.25 .25 and -.1 .2 -.1; -.075 / sqrt(.125 * .06)
    is got <<'END'
        recall.rotation.0 0.75
        recall.rotation.1 0.5
        recall.rotation.2 1
        test.rotation.accuracy 0.75
        test.rotation.loss 0.3
        turn.opposite 0.0833333
        turn.side 0.166667
        turn.best_class 2
        turn.best_recall 1
        turn.worst_class 1
        turn.worst_recall 0.5
        turn.correlation -0.866025
        turn.gap_class 1
        turn.gap_turn 0.5
        turn.gap_name 0.9
END
    is classes <<'END'
        0 0.75 0.6
        1 0.5 0.9
        2 1 0.6
END
    is matrix <<'END'
        0 0 0.666667
        0 1 0.333333
        0 2 0
        0 3 0
        1 0 0.333333
        1 1 0.666667
        1 2 0
        1 3 0
        2 0 0.333333
        2 1 0
        2 2 0.666667
        2 3 0
        3 0 0
        3 1 0
        3 2 0
        3 3 1
END
}

@test "turns.awk: a quarter turn too far is a quarter turn, whichever way round" {
    printf 'recall.label.0\t1\n' >names
    # off by 1, 1, 3 (0 shown, 3 answered), 1 (3 shown, 0 answered), 2 (3 shown, 1 answered), 2 (1 shown, 3 answered)
    printf '0\t%s\n' '0	1	1' '2	3	1' '0	3	1' '3	0	1' '3	1	1' '1	3	1' '1	1	1' >rows
    counted turns -v matrix=matrix -v classes=classes names rows | grep '^turn\.\(opposite\|side\)' >got
    is got <<'END'
        turn.opposite 0.285714
        turn.side 0.571429
END
}

@test "extremes.awk: the largest and the lowest losses, each image once in each list" {
    table falling <<'END'
        7 1 3 2 0 5.0
        6 1 3 1 2 4.0
        0 0 0 0 2 3.5
        9 2 4 1 0 3.0
END
    table rising <<'END'
        1 0 0 1 1 0.001
        2 0 0 2 2 0.002
        4 2 5 0 0 0.003
        9 2 4 1 0 3.0
END
    facts extremes -v count=2 falling rising >got
    is got <<'END'
        7 1 2 0 5.0
        0 0 0 2 3.5
        1 0 1 1 0.001
        4 2 0 0 0.003
END
}

@test "extremes-facts.awk: how many were taken for their opposite, and the commonest class of both lists" {
    table rows <<'END'
        7 1 3 1 5.5
        0 0 0 2 3.5
        9 1 3 0 3.0
        1 2 1 1 0.01
        4 2 0 0 0.02
        5 0 0 0 0.03
END
    facts extremes-facts -v count=3 rows >got
    is got <<'END'
        extreme.count 3
        extreme.highest 5.5
        extreme.high_opposite_count 2
        extreme.high_opposite 0.666667
        extreme.high_class 1
        extreme.high_class_count 2
        extreme.low_class 2
        extreme.low_class_count 2
END
}

@test "curves.awk: the chosen epoch is that of the least error, then of the least loss; the last fifth's gain" {
    table log <<'END'
        epoch step rate train_loss train_accuracy val_loss val_accuracy seconds
        1 10 0.1 2.0 0.2 1.9 0.3 5
        2 20 0.1 1.5 0.4 1.0 0.8 10
        3 30 0.1 1.2 0.6 1.2 0.9 15
        4 40 0.1 1.0 0.7 1.1 0.9 20
        5 50 0.1 0.9 0.8 1.3 0.9 25
        6 60 0.1 0.7 0.9 1.4 0.7 31.5
END
    facts curves -v net=label log >got
    is got <<'END'
        label.epochs 6
        label.chosen 4
        label.best_loss_epoch 2
        label.train_loss 1.0
        label.train_accuracy 0.7
        label.val_loss 1.1
        label.val_accuracy 0.9
        label.first_train_loss 2.0
        label.last_train_loss 0.7
        label.last_gain 0.3
        label.seconds 31.5
END
    # columns are found by their names: the same log the other way round
    awk -F'\t' '{ for (i = NF; i > 0; i--) printf "%s%s", $i, (i > 1 ? "\t" : "\n") }' log |
        facts curves -v net=label | cmp - got
    # of five epochs the last fifth is one, of one there is none before it
    head -n 6 log | facts curves -v net=x | grep last_gain >five
    equal "$(cat five)" "x.last_gain	0.1"
    head -n 2 log | facts curves -v net=x | grep 'last_gain\|chosen' >one
    is one <<'END'
        x.chosen 1
        x.last_gain 2.0
END
}

@test "cam-rows.awk: the first images of the classes found most often, in the middle and least often" {
    table names <<'END'
        recall.label.0 0.5
        recall.label.1 0.9
        recall.label.2 0.2
        recall.label.3 0.7
        test.label.accuracy 0.6
END
    printf '%s\n' 2 1 0 3 1 1 0 2 2 0 >labels
    facts cam-rows -v columns=2 -v facts=facts names labels >rows
    # by falling recall: 1 3 0 2; the middle of four is the third
    equal "$(paste -sd' ' rows)" "1 4 2 6 0 7"
    is facts <<'END'
        cam.class_1 1
        cam.class_2 0
        cam.class_3 2
        cam.columns 2
END
}

# Maps of 4 x 4 places as a line: the places named as ROW,COLUMN=VALUE, all others REST.
map() {
    awk -v rest="$1" -v places="${*:2}" 'BEGIN {
        for (i = 0; i < 16; i++) v[i] = rest
        n = split(places, p, " ")
        for (i = 1; i <= n; i++) { split(p[i], q, /[,=]/); v[4 * q[1] + q[2]] = q[3] }
        for (i = 0; i < 16; i++) printf "\t%s", v[i]
        print ""
    }'
}

@test "cam.awk: shares of the middle, the right prediction away from it, agreement of two networks" {
    {
        printf '0\t0\t3\t0' && map 0 1,1=3 0,0=1 1,2=-5 # right: 3 of 4 in the middle
        printf '1\t1\t0\t3' && map 0 2,1=1 3,3=3        # right and sure: 1 of 4
        printf '0\t1\t0\t1' && map 0 1,1=1 0,1=1        # wrong: 1 of 2
        printf '0\t0\t1\t0' && map 0 0,0=1              # right, not sure: none
        printf '0\t0\t9\t0' && map -1                   # nothing speaks for it: not counted
    } >label
    {
        printf '0\t0\t1\t0\t0\t0' && map 0 1,1=3 0,0=1 1,2=-5 # as above: correlation 1
        printf '1\t0\t1\t0\t0\t0' && map 0 2,1=-1 3,3=-3      # its negative: -1, and nothing speaks for it
        printf '0\t0\t1\t0\t0\t0' && map 0 1,1=2 0,1=2        # twice as much: 1
        printf '0\t0\t1\t0\t0\t0' && map 1                    # even: no correlation, a quarter in the middle
        printf '0\t0\t1\t0\t0\t0' && map 2
    } >rotation
    counted cam -v classes=2 label rotation >got
    # right: (3/4 + 1/4 + 0) / 3; rotation: (3/4 + 1/2 + 1/4 + 1/4) / 4; agreement (1 - 1 + 1) / 5; 1 / (1 + exp(-3))
    is got <<'END'
        cam.size 4
        cam.studied 5
        cam.centre_right 0.333333
        cam.centre_wrong 0.5
        cam.centre_rotation 0.4375
        cam.agreement 0.2
        odd.edge.sure 1
        odd.edge.index 1
        odd.edge.label 1
        odd.edge.probability 0.952574
        odd.edge.border 0.75
END
}

@test "cam.awk: an even map has a quarter in its middle at any size; the surest where none is sure" {
    local size
    for size in 1 2 3 4 5 6 7 8; do
        awk -v places=$((size * size)) 'BEGIN {
            printf "0\t0\t1\t0"; for (i = 0; i < places; i++) printf "\t1"; print "" }' >label
        awk -v places=$((size * size)) 'BEGIN {
            printf "0\t0\t1\t0\t0\t0"; for (i = 0; i < places; i++) printf "\t1"; print "" }' >rotation
        counted cam -v classes=2 label rotation | grep 'size\|centre_right\|centre_rotation' >got
        is got <<END
            cam.size $size
            cam.centre_right 0.25
            cam.centre_rotation 0.25
END
    done
    {
        printf '0\t0\t1\t0' && map 0 0,0=1
        printf '1\t1\t0\t2' && map 0 1,1=1
        printf '1\t0\t9\t0' && map 0 1,1=1
    } >label
    {
        printf '0\t0\t1\t0\t0\t0' && map 0 1,1=3
        printf '0\t0\t1\t0\t0\t0' && map 0 1,1=3
        printf '0\t0\t1\t0\t0\t0' && map 0 1,1=3
    } >rotation
    counted cam -v classes=2 label rotation | grep '^odd' >got
    is got <<'END'
        odd.edge.sure 0
        odd.edge.index 1
        odd.edge.label 1
        odd.edge.probability 0.880797
        odd.edge.border 0
END
}

@test "depth.awk: columns are labels, rotation, untrained by neighbours, a plane, hidden layers; last and best" {
    table rows <<'END'
        conv1 0.11 0.12 0.13 0.14 0.15 0.16 0.17 0.18 0.29
        layer2.0 0.21 0.22 0.03 0.24 0.05 0.26 0.07 0.28 0.19
END
    facts depth -v k=10 -v temperature=0.1 -v database=500 -v queries=50 -v grid=2 rows >got
    is got <<'END'
        knn.layer.1 conv1
        knn.label.conv1 0.11
        knn.rotation.conv1 0.12
        knn.random.conv1 0.13
        linear.label.conv1 0.14
        linear.rotation.conv1 0.15
        linear.random.conv1 0.16
        hidden.label.conv1 0.17
        hidden.rotation.conv1 0.18
        hidden.random.conv1 0.29
        knn.layer.2 layer2.0
        knn.label.layer2.0 0.21
        knn.rotation.layer2.0 0.22
        knn.random.layer2.0 0.03
        linear.label.layer2.0 0.24
        linear.rotation.layer2.0 0.05
        linear.random.layer2.0 0.26
        hidden.label.layer2.0 0.07
        hidden.rotation.layer2.0 0.28
        hidden.random.layer2.0 0.19
        knn.layers 2
        knn.label.last 0.21
        knn.label.best 0.21
        knn.label.best_layer layer2.0
        knn.rotation.last 0.22
        knn.rotation.best 0.22
        knn.rotation.best_layer layer2.0
        knn.random.last 0.03
        knn.random.best 0.13
        knn.random.best_layer conv1
        linear.label.last 0.24
        linear.label.best 0.24
        linear.label.best_layer layer2.0
        linear.rotation.last 0.05
        linear.rotation.best 0.15
        linear.rotation.best_layer conv1
        linear.random.last 0.26
        linear.random.best 0.26
        linear.random.best_layer layer2.0
        hidden.label.last 0.07
        hidden.label.best 0.17
        hidden.label.best_layer conv1
        hidden.rotation.last 0.28
        hidden.rotation.best 0.28
        hidden.rotation.best_layer layer2.0
        hidden.random.last 0.19
        hidden.random.best 0.29
        hidden.random.best_layer conv1
        knn.k 10
        knn.temperature 0.1
        knn.database 500
        knn.queries 50
        knn.grid 2
END
}

# filter RED GREEN BLUE: a first layer's filter; each is one number for nine pixels, or nine numbers.
filter() {
    local colour
    for colour; do
        [[ $colour == *' '* ]] || colour="$colour $colour $colour $colour $colour $colour $colour $colour $colour"
        printf '%s ' "$colour"
    done | sed 's/ $//' | tr ' ' '\t'
    echo
}

@test "filters-first.awk: pure filters of each kind, the weak and the dead" {
    local rising='-1 0 1 -1 0 1 -1 0 1' spot='-1 -1 -1 -1 8 -1 -1 -1 -1'
    {
        filter "$rising" "$rising" "$rising" # energy 18
        filter 2 -1 -1                       # 54
        filter "$spot" "$spot" "$spot"       # 216
        filter .5 .5 .5                      # 6.75
        filter .1 .1 .1                      # 0.27, below a four-hundredth of 216
    } >filters
    facts filters-first -v net=label -v stem=trained -v picks=picks filters >got
    # of 295.02 in all; the weakest: sqrt(.27 / 216)
    is got <<'END'
        filter.count 5
        filter.label.edge.index 0
        filter.label.edge.share 1
        filter.label.edge_share 0.0610128
        filter.label.edge.direction the~right
        filter.label.edge.kind upright
        filter.label.colour.index 1
        filter.label.colour.share 1
        filter.label.colour_share 0.183038
        filter.label.colour.plus red
        filter.label.colour.minus cyan
        filter.label.colour.uniform 1
        filter.label.spot.index 2
        filter.label.spot.share 1
        filter.label.spot_share 0.732154
        filter.label.blur.index 3
        filter.label.blur.share 1
        filter.label.blur_share 0.023795
        filter.label.kind.0 edge
        filter.label.kind.1 colour
        filter.label.kind.2 spot
        filter.label.kind.3 blur
        filter.label.kind.4 blur
        filter.label.weak.index 4
        filter.label.weak.norm 0.0353553
        filter.label.dead 1
END
    is picks <<'END'
        edge 0 1
        colour 1 1
        spot 2 1
        blur 3 1
        weak 4 0.0353553
END
}

@test "filters-first.awk: where filters whiten, each counts alike and none is called weak" {
    local rising='-1 0 1 -1 0 1 -1 0 1'
    {
        filter "$rising" "$rising" "$rising"
        filter 40 -20 -20
        filter .1 .1 .1
        filter .5 .5 .5
    } >filters
    facts filters-first -v net=rotation -v stem=whiten -v picks=picks filters |
        grep '\(edge\|colour\|blur\)_share\|dead' >got
    is got <<'END'
        filter.rotation.edge_share 0.25
        filter.rotation.colour_share 0.25
        filter.rotation.blur_share 0.5
        filter.rotation.dead 0
END
    equal "$(cut -f1 picks | paste -sd' ')" "edge colour spot blur"
}

@test "filters-first.awk: the eight directions of an edge, and what such an edge is called" {
    # brightness rises from 9 o'clock to 3 o'clock, and on counter-clockwise
    local i edges=('-1 0 1 -1 0 1 -1 0 1' '0 1 2 -1 0 1 -2 -1 0' '1 1 1 0 0 0 -1 -1 -1' '2 1 0 1 0 -1 0 -1 -2'
        '1 0 -1 1 0 -1 1 0 -1' '0 -1 -2 1 0 -1 2 1 0' '-1 -1 -1 0 0 0 1 1 1' '-2 -1 0 -1 0 1 0 1 2')
    local names=('the right' 'the upper right' 'the top' 'the upper left' 'the left' 'the lower left' 'the bottom'
        'the lower right') kinds=(upright slanting level slanting)
    for i in {0..7}; do
        filter "${edges[i]}" "${edges[i]}" "${edges[i]}" >one
        facts filters-first -v net=n -v stem=trained -v picks=picks one >got
        equal "$(sed -n 's/^filter.n.edge.direction\t//p' got)" "${names[i]}"
        equal "$(sed -n 's/^filter.n.edge.kind\t//p' got)" "${kinds[i % 4]}"
    done
}

@test "filters-first.awk: colours that stand against each other, all over the filter or in its strongest pixel" {
    said() {
        facts filters-first -v net=n -v stem=trained -v picks=picks | sed -n 's/^filter.n.colour.\(plus\|minus\)\t//p' |
            paste -sd' '
    }
    equal "$(filter 2 -1 -1 | said)" "red cyan"
    equal "$(filter -1 2 -1 | said)" "green magenta"
    equal "$(filter -1 -1 2 | said)" "blue yellow"
    equal "$(filter 1 1 -2 | said)" "yellow blue"
    # red against cyan in the middle, the other way round, fainter but in sum more, around it: the colours of the middle
    filter '-1 -1 0 -1 2.5 0 0 0 0' '.5 .5 0 .5 -1.25 0 0 0 0' '.5 .5 0 .5 -1.25 0 0 0 0' >one
    equal "$(said <one)" "red cyan"
    # colour part (3 + 6.25) * 1.5; the means are -.5/9 .25/9 .25/9
    facts filters-first -v net=n -v stem=trained -v picks=picks one | grep uniform >got
    equal "$(cat got)" "filter.n.colour.uniform	0.003003"
}

@test "filters-second.awk: the strongest filter, the inputs of its strongest kernels and their kinds, half the energy" {
    table first <<'END'
        filter.label.kind.0 edge
        filter.label.kind.1 colour
        filter.label.kind.2 spot
        filter.label.kind.3 blur
END
    # kernels with one weight each: energies 1 4 9 0, then 16 1 4 25
    local kernel
    for filter in '1 2 3 0' '4 -1 2 -5'; do
        for kernel in $filter; do
            printf '0 0 0 0 %s 0 0 0 0 ' "$kernel"
        done | sed 's/ $//' | tr ' ' '\t'
        echo
    done >weights
    facts filters-second -v net=label -v layer=layer2.0.conv1 first weights >got
    # 45 of 46 in three kernels; 25 and 16 of 60 are half
    is got <<'END'
        filter.layer layer2.0.conv1
        filter.second_count 2
        filter.second_inputs 4
        filter.label.second.index 1
        filter.label.second.input_1 3
        filter.label.second.kind_1 blur
        filter.label.second.input_2 0
        filter.label.second.kind_2 edge
        filter.label.second.input_3 2
        filter.label.second.kind_3 spot
        filter.label.second.top_share 0.978261
        filter.label.second.half 0.25
END
}

@test "neighbours.awk: shares of the same class, overlap of two networks, the images in the figure" {
    # label, three neighbours' labels, their indices
    table label <<'END'
        0 0 0 1 10 11 12
        1 1 1 1 20 21 22
        0 0 1 1 10 13 14
        2 0 2 0 1 30 3
END
    table rotation <<'END'
        0 1 1 1 12 110 111
        1 1 0 0 22 21 5
        0 0 0 0 10 40 41
        2 2 2 1 0 31 33
END
    facts neighbours -v shown=1,2 label rotation >got
    # the same class: 2 3 1 1 of 3, and 0 1 3 2; shared: 12; 22 and 21; 10; none; of class 0: (2 + 1) / 6
    is got <<'END'
        neighbours.k 3
        neighbours.shown 2
        neighbours.drawn 6
        neighbours.overlap 1
        neighbours.label.share 0.583333
        neighbours.label.right 4
        neighbours.label.best_class 1
        neighbours.label.best_share 1
        neighbours.label.worst_class 2
        neighbours.label.worst_share 0.333333
        neighbours.rotation.share 0.5
        neighbours.rotation.right 4
        neighbours.rotation.best_class 2
        neighbours.rotation.best_share 0.666667
        neighbours.rotation.worst_class 1
        neighbours.rotation.worst_share 0.333333
END
}

@test "tsne.awk: neighbours in the map, the tightest, the loosest and the nearest classes, chance" {
    # class 0 around (0, 0), class 1 around (10, 0), class 2, scattered, around (4, 30): its last point lies at class 1
    table map <<'END'
        0 0 0
        1 0 0
        -1 0 0
        10 2 1
        10 -2 1
        10 0 1
        4 30 2
        4 40 2
        12.5 0 2
END
    counted tsne -v net=rotation -v kl=0.731 map >got
    # all but one have their own class as the nearest; (3/9 * 2/8) * 3
    is got <<'END'
        tsne.count 9
        tsne.chance 0.25
        tsne.rotation.agreement 0.888889
        tsne.rotation.tightest 0
        tsne.rotation.loosest 2
        tsne.rotation.near_a 0
        tsne.rotation.near_b 1
        tsne.rotation.kl 0.731
END
}

@test "run.awk: classes, parameters without running statistics, options of both networks side by side" {
    {
        printf '%s\t%s\n' data.kind synthetic run.seed 7 net.stem trained widths 8,16 blocks 0,2 classes 'ant,bee,cat' \
            options.label '--epochs 6 --label-smoothing 0.2 --nesterov' options.rotation '--epochs 2 --lr -1' \
            options.tsne '--iterations 500 --perplexity 15' per_class 10
        cat <<'END'
# frame 1: 5 tensors, 119872 bytes
bn1.num_batches_tracked  I64  []
bn1.running_mean         F32  [8]
bn1.weight               F32  [8]
conv1.weight             F32  [8,3,3,3]
fc.weight                F32  [3,16]
@widths=8,16
END
    } | facts run >got
    # 8 + 216 + 48
    is got <<'END'
        data.kind synthetic
        run.seed 7
        net.stem trained
        data.classes 3
        class.0 ant
        class.1 bee
        class.2 cat
        net.stages 2
        net.parameters 272
        net.width.1 8
        net.blocks.1 0
        net.width.2 16
        net.blocks.2 2
        option.1 --epochs
        option.label.1 6
        option.rotation.1 2
        option.2 --label-smoothing
        option.label.2 0.2
        option.rotation.2 default
        option.3 --nesterov
        option.label.3 yes
        option.rotation.3 default
        option.4 --lr
        option.label.4 default
        option.rotation.4 -1
        label.smoothing 0.2
        tsne.perplexity 15
        tsne.per_class 10
END
}
