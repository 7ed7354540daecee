#!/usr/bin/env bats
# knn: neighbours, votes, options, messages. That the search is exact is knn_test.c's.

# shellcheck disable=SC2054,SC2094 # commas are the streams' own; a database may be searched in itself

load helpers/common

# Five points on a line at 0, 1, 3, 6, 10, of classes 0 0 1 1 1, found in a source at 10, 20, ...
setup() {
    common_setup
    stream-make feature:F32:5,1=0,1,3,6,10 index:I64:5=10,20,30,40,50 label:I64:5=0,0,1,1,1 image:U8:5,1=iota >db.st
    queries=(feature:F32:2,1=0.9,7 label:I64:2=1,1 name:U8:2,3=iota @classes=cat,dog)
    stream-make "${queries[@]}" >queries.st
}

# answer_is FILE WORD...: the stream is what stream-make makes of the words.
answer_is() {
    local file=$1
    shift
    stream-make "$@" >want.st
    stream-compare -t 1e-6 "$file" want.st
}

@test "common options" {
    common_options knn
}

@test "neighbours by index, distance and label, nearest first; all other fields and metadata pass" {
    knn -q -d db.st -k 3 <queries.st >out.st
    answer_is out.st "${queries[@]}" neighbor_index:I64:2,3=20,10,30,40,50,30 neighbor_label:I64:2,3=0,0,1,1,1,1 \
        neighbor_distance:F32:2,3=0.1,0.9,2.1,1,3,4 knn_prediction:I64:2=0,1
}

@test "without index the row number, without label no vote" {
    stream-make feature:F32:3,1=5,6,7 >plain.st
    knn -d plain.st -k 2 <queries.st >out.st 2>said
    answer_is out.st "${queries[@]}" neighbor_index:I64:2,2=0,1,2,1 neighbor_distance:F32:2,2=4.1,5.1,0,1
    equal "$(<said)" ""
}

@test "the fields of an earlier search are replaced" {
    stream-make feature:F32:3,1=5,6,7 >plain.st
    knn -q -d db.st -k 3 <queries.st | knn -q -d plain.st -k 2 >out.st
    knn -q -d plain.st -k 2 <queries.st >once.st
    stream-compare out.st once.st
}

@test "the accuracy goes to stderr where queries have labels, and not under -q" {
    equal "$(knn -d db.st -k 3 <queries.st 2>&1 >/dev/null)" "knn: accuracy 0.5000 (1 of 2 rows; k 3, l2, plain vote)"
    equal "$(stream-cut 1 <queries.st | knn -d db.st -k 1 --metric cosine --vote weighted 2>&1 >/dev/null)" \
        "knn: accuracy 0.0000 (0 of 2 rows; k 1, cosine, weighted vote)"
    equal "$(knn -q -d db.st -k 3 <queries.st 2>&1 >/dev/null)" ""
    equal "$(stream-make feature:F32:1,1=3 | knn -d db.st -k 3 2>&1 >/dev/null)" ""
}

@test "--metric cosine" {
    stream-make feature:F32:4,2=1,0,0,2,-3,0,0,0 >around.st
    stream-make feature:F32:1,2=5,0 | knn -d around.st -k 4 --metric cosine >out.st
    answer_is out.st feature:F32:1,2=5,0 neighbor_index:I64:1,4=0,1,3,2 neighbor_distance:F32:1,4=0,1,1,2
}

@test "--metric cosine: multiples of a row are equally near, and at 0 from it" {
    # all but one are 1 2 3 times something, or nearly so
    stream-make feature:F32:8,3=3,6,9,1,2,3,1,0,0,7,14,21,5,10,15,11,22,33,49,98,147,0.1,0.2,0.30000001 >many.st
    stream-make feature:F32:2,3=13,26,39,9,0,0 | knn -d many.st -k 8 --metric cosine >out.st
    equal "$(tensor-tsv neighbor_index <out.st | tr '\t\n' '  ')" "0 1 3 4 5 6 7 2 2 0 1 3 4 5 6 7 "
    equal "$(tensor-tsv neighbor_distance <out.st | cut -f 1-6)" "0	0	0	0	0	0
0	0.732738733	0.732738733	0.732738733	0.732738733	0.732738733"
}

@test "--vote weighted and --temperature" {
    # at 2.2: class 1 at 0.8, class 0 at 1.2 and 2.2; the nearest decides when it is cold, the most when it is warm
    local answer=(feature:F32:1,1=2.2 neighbor_index:I64:1,3=30,20,10 neighbor_label:I64:1,3=1,0,0
        neighbor_distance:F32:1,3=0.8,1.2,2.2)
    stream-make feature:F32:1,1=2.2 >between.st
    knn -q -d db.st -k 3 <between.st >out.st
    answer_is out.st "${answer[@]}" knn_prediction:I64:1=0
    knn -q -d db.st -k 3 --vote weighted <between.st >out.st
    answer_is out.st "${answer[@]}" knn_prediction:I64:1=1
    knn -q -d db.st -k 3 --vote weighted --temperature 100 <between.st >out.st
    answer_is out.st "${answer[@]}" knn_prediction:I64:1=0
}

@test "--field compares another field" {
    stream-make map:F32:3,2=0,0,1,1,5,5 >maps.st
    stream-make map:F32:1,2=4,5 feature:F32:1,1=0 | knn -d maps.st -k 1 --field map >out.st
    answer_is out.st map:F32:1,2=4,5 feature:F32:1,1=0 neighbor_index:I64:1,1=2 neighbor_distance:F32:1,1=1
}

@test "--exclude-self leaves out all rows of the same index" {
    local turns=(feature:F32:4,1=0,0,1,3 index:I64:4=1,1,2,3)
    stream-make "${turns[@]}" >turns.st
    knn -d turns.st -k 2 --exclude-self <turns.st >out.st
    answer_is out.st "${turns[@]}" neighbor_index:I64:4,2=2,3,2,3,1,1,2,1 neighbor_distance:F32:4,2=1,3,1,3,1,1,2,3
}

@test "features as small as floats can be are not taken for 0" {
    local metric
    stream-make "feature:F32:60,4=$(numbers 240 1)" index:I64:60=iota >whole.st
    stream-make "feature:F32:60,4=$(numbers 240 "$least_float")" index:I64:60=iota >tiny.st
    for metric in l2 cosine; do
        knn -d whole.st --metric $metric <whole.st | tensor-tsv neighbor_index >want.tsv
        knn -d tiny.st --metric $metric <tiny.st | tensor-tsv neighbor_index | cmp - want.tsv
    done
    # 3, 4 and 5 of them
    stream-make "feature:F32:2,2=$(numbers 4 0)" >origin.st
    stream-make feature:F32:1,2=4.2e-45,5.6e-45 | knn -d origin.st -k 1 >out.st
    equal "$(tensor-tsv neighbor_distance <out.st)" 7.00649232e-45
}

@test "ties go by the row of the database" {
    stream-make feature:F32:4,1=1,-1,1,-1 index:I64:4=9,8,7,6 >tied.st
    stream-make feature:F32:1,1=0 | knn -d tied.st -k 3 >out.st
    answer_is out.st feature:F32:1,1=0 neighbor_index:I64:1,3=9,8,7 neighbor_distance:F32:1,3=1,1,1
}

@test "the same rows however the streams are cut, and for any -j" {
    stream-make feature:F32:700,16=random1 label:I64:700=iota index:I64:700=iota >many.st
    stream-make feature:F32:90,16=random2 >some.st
    knn -q -j 1 -d many.st <some.st >one.st
    knn -q -j 2 -d many.st <some.st | cmp - one.st
    stream-cut 3 <many.st >cut.st
    stream-cut 7,0,20 <some.st | knn -q -j 2 -d cut.st >got.st
    stream-compare got.st one.st
}

@test "the database may have frames at any address, and other fields" {
    # three bytes of names behind each frame's features: the next one begins in the middle of a float
    stream-make feature:F32:33,5=random1 name:U8:33,1=iota label:I64:33=iota >odd.st
    stream-make feature:F32:20,5=random2 >some.st
    cat odd.st odd.st odd.st >thrice.st
    stream-cut 99 <thrice.st >whole.st
    knn -q -d whole.st -k 7 <some.st >want.st
    knn -q -d thrice.st -k 7 <some.st | cmp - want.st
    stream-cut 1 <thrice.st >rows.st
    knn -q -d rows.st -k 7 --metric cosine <some.st >got.st
    knn -q -d whole.st -k 7 --metric cosine <some.st | cmp - got.st
}

@test "a database from a pipe is read" {
    knn -q -d db.st -k 3 <queries.st >want.st
    knn -q -d <(cat db.st) -k 3 <queries.st | cmp - want.st
    fails "holds no row" knn -d <(true) <queries.st
}

# ulimit -d bounds what a program allocates, mapped files apart; one built with sanitizers needs more to start with.
little_memory() {
    (ulimit -d 60000 && knn -q -d db.st -k 1 <queries.st >/dev/null 2>&1) || skip "knn does not start in 60 MB"
}

@test "a database file larger than the memory" {
    little_memory
    stream-make feature:F32:8000,256=random1 index:I64:8000=iota >part.st
    for _ in {1..12}; do cat part.st; done >large.st
    stream-make feature:F32:40,256=random2 >some.st
    knn -q -j 2 -d part.st -k 1 <some.st >want.st
    (ulimit -d 60000 && knn -q -j 2 -d large.st -k 1 <some.st) | cmp - want.st
    (ulimit -d 60000 && fails "out of memory" knn -q -j 2 -d <(cat large.st) -k 1 <some.st)
}

@test "more queries than the memory holds" {
    little_memory
    stream-make feature:F32:50,256=random1 >some.st
    stream-make feature:F32:8000,256=random2 >part.st
    knn -q -j 2 -d some.st -k 1 <part.st | tensor-tsv neighbor_index >want.tsv
    (ulimit -d 80000 && for _ in {1..12}; do cat part.st; done | knn -q -j 2 -d some.st -k 1) |
        tensor-tsv neighbor_index >got.tsv
    for _ in {1..12}; do cat want.tsv; done | cmp - got.tsv
}

@test "empty stream, frames of no rows" {
    [ "$(knn -d db.st </dev/null | wc -c)" == 0 ]
    stream-make feature:F32:0,1=zero | knn -d db.st -k 2 >out.st
    answer_is out.st feature:F32:0,1=zero neighbor_index:I64:0,2=zero neighbor_distance:F32:0,2=zero \
        neighbor_label:I64:0,2=zero knn_prediction:I64:0=zero
    stream-make feature:F32:0,1=zero / feature:F32:5,1=1,2,3,4,5 >holes.st
    stream-make feature:F32:1,1=7 | knn -d holes.st -k 1 >out.st
    answer_is out.st feature:F32:1,1=7 neighbor_index:I64:1,1=4 neighbor_distance:F32:1,1=2
}

@test "usage errors" {
    misused "-d: the database must be a file" knn <queries.st
    misused "-d: the database must be a file" knn -d - <queries.st
    misused "whole number from 1" knn -d db.st -k 0 <queries.st
    misused "none of l2, cosine" knn -d db.st --metric l1 <queries.st
    misused "none of plain, weighted" knn -d db.st --vote no <queries.st
    misused "number from 1e-06" knn -d db.st --temperature 0 <queries.st
    misused "too many operands" knn -d db.st extra <queries.st
}

@test "what is wrong with a database" {
    fails "none.st: cannot be opened" knn -d none.st <queries.st
    fails "db.st: 5 rows are too few for k = 6 (k may be at most the number of rows)" knn -d db.st -k 6 <queries.st
    : >empty.st
    fails "empty.st: holds no row" knn -d empty.st <queries.st
    stream-make label:I64:2=0,1 >other.st
    fails "other.st: field 'feature' is missing" knn -d other.st -k 1 <queries.st
    stream-make feature:F64:2,1=0,1 >other.st
    fails "field 'feature' is F64 of rank 2 (F32 of rank 2 is needed)" knn -d other.st -k 1 <queries.st
    stream-make feature:F32:2,1=0,1 label:F32:2=0,1 >other.st
    fails "field 'label' is F32 of rank 1 (I64 of rank 1 is needed)" knn -d other.st -k 1 <queries.st
    stream-make feature:F32:2,1=0,nan >other.st
    fails "other.st: field 'feature', row 1 of frame 1 holds nan (every value must be finite)" \
        knn -d other.st -k 1 <queries.st
    stream-make feature:F32:2,1=0,1 >other.st
    fails "other.st: field 'index' is missing (--exclude-self" knn -d other.st -k 1 --exclude-self <db.st
    # before all values are looked at
    stream-make feature:F32:2,1=0,nan >other.st
    fails "other.st: field 'index' is missing (--exclude-self" knn -d other.st -k 1 --exclude-self <db.st
    fails "other.st: 2 rows are too few for k = 3" knn -d other.st -k 3 <db.st
    stream-make feature:F32:2,1=0,1 >other.st
    head -c 100 db.st >half.st
    fails "half.st: frame 1: the file ends" knn -d half.st <queries.st
    head -c -9 db.st >short.st
    fails "short.st: frame 1: the file ends inside the data of tensor 'feature' (16 of 20 bytes)" \
        knn -d short.st <queries.st
    stream-make feature:F32:2,1=0,1 / feature:F32:2,2=0,1,0,1 >other.st
    fails "other.st: field 'feature' changes its type or shape between frames" knn -d other.st -k 1 <queries.st
    stream-make feature:F32:1,1=0 / feature:F32:1,1=0 label:I64:1=1 >other.st
    fails "other.st: field 'label' is missing in an earlier frame" knn -d other.st -k 1 <queries.st
    stream-make feature:F32:1,1=0 label:I64:1=1 / feature:F32:1,1=0 >other.st
    fails "other.st: field 'label' is missing in a later frame" knn -d other.st -k 1 <queries.st
}

@test "what is wrong with a stream" {
    stream-make label:I64:2=0,1 | fails "standard input: field 'feature' is missing" knn -d db.st -k 1
    # before the search: of the query that has too few rows nothing is said
    stream-make feature:F32:1,1=0 index:I64:1=10 label:F32:1=0 |
        fails "field 'label' is F32 of rank 1 (I64 of rank 1 is needed)" knn -d db.st -k 5 --exclude-self
    stream-make feature:F32:1,2=0,1 | fails "2 values in a row, but the database 1" knn -d db.st -k 1
    stream-make feature:F32:1,0=zero | fails "rows without values" knn -d db.st -k 1
    stream-make feature:F32:1,1=0 / feature:F32:2,1=1,-inf |
        fails "field 'feature', row 1 of frame 2 holds -inf" knn -d db.st -k 1
    stream-make feature:F32:1,1=0 | fails "field 'index' is missing" knn -d db.st -k 1 --exclude-self
    fails "fewer than k = 5 rows of the database are left beside row 0 of frame 1 itself (index 10)" \
        knn -d db.st -k 5 --exclude-self <db.st
    stream-make feature:F32:2,1=0,1 index:I64:2=7,8 / feature:F32:2,1=0,1 index:I64:2=9,20 |
        fails "beside row 1 of frame 2 itself (index 20)" knn -d db.st -k 5 --exclude-self
}

@test "full disk, closed pipe" {
    full_disk knn -q -d db.st -k 2 <queries.st
    closed_pipe knn -q -d db.st -k 2 <queries.st
}
