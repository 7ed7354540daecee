load helpers/common

rows() {
    stream-make label:I64:6=2,0,1,2,1,0 loss:F32:6=0.5,nan,3,0.5,-1,7 index:I64:6=10,11,12,13,14,15 \
        image:U8:6,3,1,1=iota map:F32:6,2=6,0,5,0,4,0,3,0,2,0,1,0 @classes=cat,dog,frog @source=test
}

# picked OPTION...: the indices of the rows that come out, on one line.
picked() {
    rows | tensor-pick "$@" | tensor-tsv index | paste -sd' '
}

@test "without options the stream passes through" {
    rows | stream-cut 4 >a.st
    tensor-pick <a.st | cmp - a.st
}

@test "all fields and metadata of a row stay together" {
    rows | tensor-pick --rows 2,0 >got.st
    stream-make label:I64:2=1,2 loss:F32:2=3,0.5 index:I64:2=12,10 image:U8:2,3,1,1=6,7,8,0,1,2 map:F32:2,2=4,0,6,0 \
        @classes=cat,dog,frog @source=test | cmp - got.st
}

@test "--rows takes numbers and ranges in the order of the list, also twice" {
    equal "$(picked --rows 5,0,2-4,0)" "15 10 12 13 14 10"
    equal "$(picked --rows 1)" "11"
    fails "row 6 is requested, but there are 6 (numbered from 0)" tensor-pick --rows 2-6 < <(rows)
    fails "row 0 is requested, but there are 0" tensor-pick --rows 0 </dev/null
    local list
    for list in "" "," "1," "a" "3-1" "-1" "1--2" "1-2-3" "99999999999999999999"; do
        misused "--rows: '$list' is not a list of row numbers" tensor-pick --rows="$list" </dev/null
    done
}

@test "--where compares with numbers" {
    equal "$(picked --where label=2)" "10 13"
    equal "$(picked -w label==2)" "10 13"
    equal "$(picked -w 'label!=2')" "11 12 14 15"
    equal "$(picked -w 'loss<0.5')" "14"
    equal "$(picked -w 'loss<=0.5')" "10 13 14"
    equal "$(picked -w 'loss>3')" "15"
    equal "$(picked -w 'loss>=3e0')" "12 15"
    equal "$(picked -w 'loss=-1')" "14"
    equal "$(picked -w 'map.0>4')" "10 11"
}

@test "--where compares with fields and classes, and NaN meets != only" {
    equal "$(picked -w 'loss<label')" "10 13 14"
    equal "$(picked -w label=frog)" "10 13"
    equal "$(picked -w label!=frog)" "11 12 14 15"
    equal "$(picked -w 'loss!=loss')" "11"
    equal "$(picked -w 'loss=loss')" "10 12 13 14 15"
}

@test "--where takes the names of the classes that the field has" {
    stream-make label:I64:3=0,1,1 prediction:I64:3=1,0,2 knn_prediction:I64:3=1,1,0 @classes=cat,dog \
        @prediction_classes=0,90,dog >s.st
    equal "$(tensor-pick -w prediction=dog <s.st | tensor-tsv label prediction)" $'1\t2'
    equal "$(tensor-pick -w knn_prediction=cat <s.st | tensor-tsv label prediction)" $'1\t2'
    fails "'bird' is neither a number nor a field nor a class" tensor-pick -w prediction=bird <s.st
    fails "'cat' is neither a number nor a field nor a class" tensor-pick -w prediction=cat <s.st
}

@test "--where tells large whole numbers apart" {
    stream-make x:I64:3=9007199254740992,9007199254740993,9223372036854775807 >s.st
    equal "$(tensor-pick -w x=9007199254740993 <s.st | tensor-tsv x)" 9007199254740993
    equal "$(tensor-pick -w 'x>9223372036854775806' <s.st | tensor-tsv x)" 9223372036854775807
}

@test "--where several times: all have to hold" {
    equal "$(picked -w 'loss>0' -w 'label!=frog')" "12 15"
}

@test "--where says what is wrong" {
    fails "'bird' is neither a number nor a field nor a class" tensor-pick -w label=bird < <(rows)
    fails "field 'x' is missing" tensor-pick -w x=1 < <(rows)
    fails "field 'map' has 2 values in a row (one is needed" tensor-pick -w map=1 < <(rows)
    fails "field 'map' has 2 values in a row, so there is no 'map.2'" tensor-pick -w map.2=1 < <(rows)
    local condition
    for condition in label =1 label= label~1 "" '!1' 'label!1'; do
        misused "--where: '$condition' is not a condition" tensor-pick -w "$condition" </dev/null
    done
    local many=()
    for _ in {1..17}; do many+=(-w label=1); done
    misused "--where: given too often (at most 16 times)" tensor-pick "${many[@]}" </dev/null
}

@test "--sort is stable, NaN last, in both directions" {
    equal "$(picked --sort loss)" "14 10 13 12 15 11"
    equal "$(picked --sort loss --reverse)" "15 12 10 13 14 11"
    equal "$(picked -s label)" "11 15 12 14 10 13"
    equal "$(picked -s label -r)" "10 13 12 14 11 15"
    equal "$(picked -s map.0)" "15 14 13 12 11 10"
    fails "field 'x' is missing" tensor-pick -s x < <(rows)
    misused "--reverse: works only with --sort" tensor-pick -r </dev/null
}

@test "--count" {
    equal "$(picked -n 2)" "10 11"
    equal "$(picked --count 100)" "10 11 12 13 14 15"
    equal "$(picked -n 0)" "10 11 12 13 14 15"
    equal "$(picked -n 2 -s loss -r)" "15 12"
    equal "$(picked -n 1 -w label=dog)" "12"
    misused "--count: '-1' is not a whole number from 0" tensor-pick -n -1 </dev/null
}

@test "--per counts for each value" {
    equal "$(picked -n 1 -p label)" "10 11 12"
    equal "$(picked -n 1 --per label -s loss -r)" "15 12 10"
    equal "$(picked -n 1 --per loss)" "10 11 12 14 15"
    equal "$(picked -n 2 --per label)" "10 11 12 13 14 15"
    misused "--per: works only with --count" tensor-pick -p label </dev/null
}

@test "options work in their stated order" {
    equal "$(picked -n 1 -s loss -r -w label!=cat --rows 0-3)" "12"
}

@test "rows are the same however the stream is cut" {
    local options
    for options in "--rows 5,0,2-4,0" "-w label=2" "-s loss" "-s loss -r -n 3" "-n 1 -p label" "-n 4" \
        "-s loss -n 1 -p label --fields index"; do
        # shellcheck disable=SC2086 # options are words
        rows | tensor-pick $options >whole.st
        # shellcheck disable=SC2086
        rows | stream-cut 1,0,2 | tensor-pick $options >cut.st
        stream-compare whole.st cut.st
    done
}

@test "the best of many rows, with little kept, are those of a full sort" {
    stream-make x:F32:30000=random5 index:I64:30000=iota | stream-cut 1000 >many.st
    tensor-pick -s x -n 10 <many.st >few.st
    tensor-pick -s x <many.st | tensor-pick -n 10 | stream-compare - few.st
    equal "$(tensor-tsv index <few.st)" "$(tensor-tsv x index <many.st | LC_ALL=C sort -s -g -k 1,1 | head -n 10 |
        cut -f 2)"
}

@test "--fields, --drop and --rename" {
    equal "$(rows | tensor-pick --fields index,loss | tensor-ls | grep -v '^[#@]')" "index  I64  [6]
loss   F32  [6]"
    equal "$(rows | tensor-pick --drop image,map,label | tensor-ls | grep -v '^[#@]')" "index  I64  [6]
loss   F32  [6]"
    equal "$(rows | tensor-pick --fields loss --rename loss=l1 --rename l1=l2 | tensor-ls | grep -v '^[#@]')" \
        "l2  F32  [6]"
    equal "$(rows | tensor-pick -s loss -n 1 --drop loss --rename index=row | tensor-tsv row)" 14
    fails "field 'x' is missing" tensor-pick --fields index,x < <(rows)
    fails "field 'x' is missing" tensor-pick --drop x < <(rows)
    fails "field '' is missing" tensor-pick --drop index, < <(rows)
    fails "field 'x' is missing" tensor-pick --rename x=y < <(rows)
    fails "there is a field 'loss' already" tensor-pick --rename label=loss < <(rows)
    misused "only one of them" tensor-pick --fields a --drop b </dev/null
    local text
    for text in x x= =x; do
        misused "--rename: '$text' is not OLD=NEW" tensor-pick --rename "$text" </dev/null
    done
}

@test "a tensor of a model can be picked" {
    stream-make w:F32:2,3=iota n:I64:=5 @task=label >model.st
    tensor-pick --fields n --rename n=count <model.st >got.st
    stream-make count:I64:=5 @task=label | cmp - got.st
    fails "(this is not a row stream)" tensor-pick -n 1 <model.st
}

@test "--join puts fields side by side, however both are cut" {
    rows | tensor-pick --fields index,label >a.st
    rows | tensor-pick --fields index,loss,map >b.st
    rows | tensor-pick --drop image >want.st
    tensor-pick --join b.st <a.st >got.st
    stream-compare want.st got.st
    stream-cut 1,0,3 <a.st >a-cut.st
    stream-cut 2,0,0,1 <b.st >b-cut.st
    tensor-pick --join b-cut.st <a-cut.st >got.st
    stream-compare want.st got.st
}

@test "--join, metadata of the input go first" {
    stream-make a:U8:1=1 @x=input @y=1 >a.st
    stream-make b:U8:1=2 @x=file @z=2 >b.st
    equal "$(tensor-pick --join b.st <a.st | tensor-ls | grep @ | sort | paste -sd' ')" "@x=input @y=1 @z=2"
}

@test "--join, streams that do not fit" {
    rows >a.st
    tensor-pick --rows 0-4 <a.st >short.st
    fails "short.st: has fewer rows than standard input (5)" tensor-pick --join short.st <a.st
    fails "a.st: has more rows than standard input (5)" tensor-pick --join a.st <short.st
    fails "short.st: has fewer rows than standard input (5)" tensor-pick --join short.st < <(stream-cut 2 <a.st)
    fails "a.st: has more rows than standard input (5)" tensor-pick --join a.st < <(stream-cut 2 <short.st)
    tensor-pick --rows 1,0,2-5 <a.st >swapped.st
    fails "swapped.st: field 'index' is not the same as in standard input" tensor-pick --join swapped.st <a.st
    stream-make index:I64:6,1=iota >shape.st
    fails "shape.st: field 'index' is not the same" tensor-pick --join shape.st <a.st
    fails "no-such.st: cannot be opened" tensor-pick --join no-such.st <a.st
    fails "a.st: has more rows than standard input (0)" tensor-pick --join a.st </dev/null
    misused "--join: standard input is the stream" tensor-pick --join - <a.st
}

@test "--join of no rows, and of no frames" {
    stream-make a:U8:0=zero >a.st
    stream-make b:F32:0,2=zero >b.st
    stream-make a:U8:0=zero b:F32:0,2=zero >want.st
    tensor-pick --join b.st <a.st | cmp - want.st
    : >empty
    tensor-pick --join empty <empty | cmp - empty
}

@test "where no row is left, one frame without rows tells the fields" {
    local options
    for options in "-w label=7" "-w label=7 -s loss" "-w label=7 -n 1 -p label"; do
        # shellcheck disable=SC2086 # options are words
        rows | stream-cut 2 | tensor-pick $options >none.st
        equal "$(tensor-ls none.st | head -n 2)" "# frame 1: 0 rows, 5 tensors, 0 bytes
index  I64  [0]"
        holds "$(tensor-ls none.st)" "@source=test"
    done
}

@test "an empty stream gives an empty stream" {
    equal "$(tensor-pick -s loss -n 3 </dev/null | wc -c)" 0
    equal "$(tensor-pick </dev/null | wc -c)" 0
    equal "$(tensor-pick -w label=1 -p label -n 1 </dev/null | wc -c)" 0
}

@test "-n reads its input to the end, so the program before ends well" {
    stream-make x:F32:300000=iota | stream-cut 1000 >many.st
    set -o pipefail
    # shellcheck disable=SC2002 # cat stands for the program before
    cat many.st | tensor-pick -n 1 | tensor-tsv x | cmp - <(echo 0)
}

@test "frames that do not go together are an error" {
    fails "field 'a' changes its type or shape between frames" tensor-pick -s a < <(stream-make a:U8:1=1 / a:I8:1=1)
    fails "tensors 'a' and 'b' have 1 and 2 rows" tensor-pick -n 1 < <(stream-make a:U8:1=1 b:U8:2=1,2)
}

@test "a full disk and a closed pipe" {
    rows >a.st
    full_disk tensor-pick <a.st
    full_disk tensor-pick -s loss <a.st
    stream-make x:F32:300000=random1 | stream-cut 1000 >large.st
    closed_pipe tensor-pick <large.st
}

@test "common options" {
    common_options tensor-pick
}
