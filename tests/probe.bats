load helpers/common

# Features of a network that was hardly trained: 100 rows to train on, 30 to predict.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cifar-synth -q --train 120 --test 30 data
    cifar-cat -q -s train --val 20 data | resnet-train -q --widths 4,8 --blocks 1,1 -e 1 >model.st
    cifar-cat -q -s train --val 20 data | resnet-embed -q -m model.st -e feature >train.st
    cifar-cat -q -s test data | resnet-embed -q -m model.st -e feature >test.st
    "$BIN/probe" -q -t train.st <test.st >base.st
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

@test "the options that every program has" {
    common_options probe
}

@test "a prediction is added, and all else passes through" {
    tensor-pick --drop probe_prediction <base.st | stream-compare - test.st
    equal "$(tensor-ls base.st | grep -c '^probe_prediction  *I64')" 1
    # fields that are not known, rows without a label, a prediction of before
    stream-make feature:F32:3,8=random1 other:U8:3,2=random2 probe_prediction:I64:3=777,777,777 @note=kept >odd.st
    probe -t train.st <odd.st 2>said >out.st
    equal "$(cat said)" ""
    equal "$(tensor-ls -m note out.st)" kept
    tensor-pick --fields feature,other <out.st | stream-compare - <(tensor-pick --fields feature,other <odd.st)
    equal "$(tensor-tsv probe_prediction <out.st | grep -c 777)" 0
}

@test "the accuracy is that of the rows" {
    probe -t train.st <test.st 2>said >out.st
    local want
    want=$(tensor-tsv label probe_prediction <out.st |
        awk '{ right += $1 == $2 } END { printf "accuracy %.4f (%d of %d rows;", right / NR, right, NR }')
    holds "$(cat said)" "probe: $want hidden none; of the training rows "
    probe -t train.st --hidden 6,5 <test.st 2>&1 >out.st | grep -q "hidden 6,5"
}

@test "the same bytes for any number of threads, and however the streams are cut" {
    local j
    for j in 1 2 3; do
        probe -q -j "$j" -t train.st <test.st | cmp - base.st
    done
    stream-cut 7,0,1 <train.st >cut.st
    probe -q -t cut.st <test.st | cmp - base.st
    stream-cut 1,0,3,2 <test.st | probe -q -t train.st | stream-compare - base.st
    probe -q --hidden 9,5 -t train.st <test.st >hidden.st
    stream-cut 1,0,3,2 <test.st | probe -q -j 2 --hidden 9,5 -t train.st | stream-compare - hidden.st
    probe -q -t train.st </dev/null | cmp - /dev/null
}

@test "what can be told apart is, by a line or by hidden units" {
    local feature="" label="" either="" i
    for i in {0..59}; do
        feature+=,$((i % 2)),$((i / 2 % 2)),$((i % 7))
        label+=,$((i % 2))
        either+=,$((i % 2 != i / 2 % 2))
    done
    stream-make "feature:F32:60,3=${feature#,}" "label:I64:60=${label#,}" "either:I64:60=${either#,}" >known.st
    probe -t known.st <known.st 2>&1 >out.st | grep -q "accuracy 1.0000 (60 of 60 rows; hidden none"
    probe -t known.st --label either --hidden 20,20 -b 20 -e 60 <known.st 2>&1 >out.st |
        grep -q "accuracy 1.0000 (60 of 60 rows; hidden 20,20"
    if probe -t known.st --label either <known.st 2>&1 >out.st | grep -q "accuracy [01].[89]"; then
        flunk "a line cannot"
    fi
}

@test "features as small or as large as floats can be are standardised as others are" {
    local unit
    stream-make "feature:F32:60,4=$(numbers 240 1)" label:I64:60=iota >whole.st
    probe -t whole.st --hidden 8 -b 10 <whole.st 2>said | tensor-tsv probe_prediction >want.tsv
    # the least float; a power of two, by which the largest value is near the largest float
    for unit in $least_float 3.3230699894622897e+35; do
        stream-make "feature:F32:60,4=$(numbers 240 "$unit")" label:I64:60=iota >scaled.st
        probe -t scaled.st --hidden 8 -b 10 <scaled.st 2>got | tensor-tsv probe_prediction | cmp - want.tsv
        cmp said got
    done
}

@test "every option has an effect, and defaults are those that --help prints" {
    probe -q --hidden none --feature feature --label label -e 100 -b 256 --lr 0 --momentum 0.9 --weight-decay 0 \
        -s 1 -t train.st <test.st | cmp - base.st
    # the more values, the smaller the steps
    stream-make x:F32:4,160=random1 y:I64:4=0,0,1,1 >wide.st
    probe -q --feature x --label y -t wide.st --lr 0.05 <wide.st >wide-rate.st
    probe -q --feature x --label y -t wide.st <wide.st | cmp - wide-rate.st
    local option
    probe -t train.st -b 16 --hidden 8 <test.st 2>base.txt >out.st
    for option in "-e 2" "-b 10" "--lr 0.001" "--momentum 0" "--weight-decay 0.5" "-s 2"; do
        # shellcheck disable=SC2086 # the option and its value
        probe -t train.st -b 16 --hidden 8 $option <test.st 2>other.txt >out.st
        if cmp -s other.txt base.txt; then flunk "$option: the same figures"; fi
    done
    stream-make x:F32:4,1=1,2,3,4 y:I64:4=0,0,1,1 >small.st
    probe --feature x --label y -t small.st -e 300 <small.st 2>&1 >out.st | grep -q "accuracy 1.0000 (4 of 4 rows"
}

@test "streams that do not fit" {
    fails "nowhere.st: cannot be opened" probe -t nowhere.st <test.st
    fails "/dev/null: 0 rows (at least 2 are needed)" probe -t /dev/null <test.st
    stream-make feature:F32:2,8=random1 >unlabelled.st
    fails "unlabelled.st: field 'label' is missing" probe -t unlabelled.st <test.st
    stream-make feature:F32:2,8=random1 label:I64:2=0,-1 >negative.st
    fails "negative.st: field 'label': row 1 holds -1 (0 to 99999)" probe -t negative.st <test.st
    stream-make feature:F32:2,8=random1 label:I64:2=0,0 >one.st
    fails "one.st: field 'label' is 0 in all rows (at least two classes are needed)" probe -t one.st <test.st
    fails "field 'feature' has 5 values in a row, but those to train on 8" probe -t train.st \
        < <(stream-make feature:F32:2,5=zero)
    fails "field 'feature' is missing" probe -t train.st < <(stream-make label:I64:2=0,1)
    fails "every value must be finite" probe -t train.st < <(stream-make feature:F32:1,8=nan,0,0,0,0,0,0,0)
    # before the training, which would take hours
    local long=(timeout 30 probe -t train.st --hidden "60000,60000" -e 100000)
    stream-make feature:F32:2,5=zero >narrow.st
    stream-make feature:F32:2,8=zero label:F32:2=0,1 >floats.st
    [ "$("${long[@]}" <narrow.st 2>&1)" == "$(probe -t train.st <narrow.st 2>&1)" ]
    holds "$("${long[@]}" <floats.st 2>&1)" "field 'label' is F32 of rank 1 (I64 of rank 1 is needed)"
    fails "the loss is not finite; a lower learning rate may help" probe -t train.st --hidden 8 --lr 1000 -b 2 -e 1000 \
        --momentum 0.999 --weight-decay 1 <test.st
}

@test "options that do not fit, a full disk and a closed pipe" {
    misused "-t: the rows to train on must be a file" probe <test.st
    misused "-t: the rows to train on must be a file" probe -t - <test.st
    misused "--hidden: '0' is neither none nor a whole number from 1 to 65536" probe -t train.st --hidden 0 <test.st
    misused "--hidden: '' is neither" probe -t train.st --hidden 5, <test.st
    misused "--hidden: too many layers (at most 8)" probe -t train.st --hidden 1,1,1,1,1,1,1,1,1 <test.st
    misused "--batch: 1 row has no deviation, by which --hidden layers are normalised (2 to 65536)" \
        probe -t nowhere.st --hidden 8 -b 1 <test.st
    probe -q -t train.st -b 1 -e 1 <test.st >one.st
    misused "--epochs: '0' is not" probe -t train.st -e 0 <test.st
    misused "--batch: '0' is not" probe -t train.st -b 0 <test.st
    misused "--lr: '-1' is not" probe -t train.st --lr -1 <test.st
    misused "--momentum: '1' is not" probe -t train.st --momentum 1 <test.st
    misused "--weight-decay: '2' is not" probe -t train.st --weight-decay 2 <test.st
    misused "--seed: '-1' is not" probe -t train.st -s -1 <test.st
    misused "too many operands" probe -t train.st test.st <test.st
    full_disk probe -q -t train.st <test.st
    closed_pipe probe -q -t train.st <test.st
}
