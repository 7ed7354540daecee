load helpers/common

rows() {
    stream-make label:I64:3=2,0,1 map:F32:3,2=0.1,-2,3.5,4,5,1e30 loss:F32:3=0.5,nan,-inf image:U8:3,3,1,2=iota \
        @classes=cat,dog,frog
}

tab() { # words on lines, with tabs between them
    local IFS=$'\t'
    echo "$*"
}

@test "a field with one value in a row is a column" {
    equal "$(rows | tensor-tsv label)" $'2\n0\n1'
}

@test "columns come in the order asked for, also twice" {
    equal "$(rows | tensor-tsv loss label loss | head -n 1)" "$(tab 0.5 2 0.5)"
}

@test "a vector is expanded, one of its values is FIELD.K" {
    equal "$(rows | tensor-tsv map label)" "$(tab 0.100000001 -2 2; tab 3.5 4 0; tab 5 1.00000002e+30 1)"
    equal "$(rows | tensor-tsv map.1)" $'-2\n4\n1.00000002e+30'
}

@test "single values of rows of more dimensions" {
    equal "$(rows | tensor-tsv image.5)" $'5\n11\n17'
    fails "field 'image' has rows of 3 dimensions" tensor-tsv image < <(rows)
}

@test "without a field all with one value in a row are printed" {
    equal "$(rows | tensor-tsv -H | head -n 2)" "$(tab label loss; tab 2 0.5)"
}

@test "nan and infinities" {
    equal "$(rows | tensor-tsv loss)" $'0.5\nnan\n-inf'
    equal "$(stream-make x:F32:3=-nan,inf,-0 | tensor-tsv x)" $'nan\ninf\n-0'
}

@test "--header names the columns, once" {
    equal "$(rows | stream-cut 1,0 | tensor-tsv --header map label | head -n 2)" \
        "$(tab map.0 map.1 label; tab 0.100000001 -2 2)"
    equal "$(rows | stream-cut 1 | tensor-tsv -H label | grep -c label)" 1
}

@test "--header of no rows" {
    equal "$(stream-make x:F32:0,2=zero | tensor-tsv -H x)" "$(tab x.0 x.1)"
    equal "$(tensor-tsv -H x </dev/null)" ""
}

@test "--names prints classes of labels and predictions, not of other fields" {
    stream-make label:I64:2=0,1 knn_prediction:I64:2=1,5 neighbor_label:I64:2,2=2,1,-1,0 index:I64:2=0,1 \
        labels:I64:2=0,1 soft_label:F32:2=0,1 @classes=cat,dog,frog >s.st
    equal "$(tensor-tsv -H --names label knn_prediction neighbor_label index labels soft_label <s.st)" \
        "$(tab label knn_prediction neighbor_label.0 neighbor_label.1 index labels soft_label
            tab cat dog frog dog 0 0 0
            tab dog 5 -1 cat 1 1 1)"
    equal "$(stream-make label:I64:1=1 | tensor-tsv -N label)" 1
    # a field may have classes of its own
    equal "$(stream-make label:I64:1=1 prediction:I64:1=1 @classes=cat,dog @prediction_classes=0,90 |
        tensor-tsv -N label prediction)" "$(tab dog 90)"
}

@test "--digits" {
    equal "$(rows | tensor-tsv --digits 2 map.0 label)" "$(tab 0.1 2; tab 3.5 0; tab 5 1)"
    equal "$(stream-make x:F64:1=0.1 | tensor-tsv -d 17 x)" 0.10000000000000001
    misused "--digits: '0' is not a whole number from 1 to 17" tensor-tsv -d 0 x </dev/null
    misused "--digits: '18' is not" tensor-tsv -d 18 x </dev/null
}

@test "whole numbers of each type are printed in full" {
    stream-make a:I64:2=9223372036854775807,-9223372036854775807 b:U64:2=-1,0 c:U32:2=-1,0 d:I32:2=-7,0 e:U16:2=-1,0 \
        f:I16:2=-7,0 g:U8:2=255,0 h:I8:2=-7,0 i:BOOL:2=1,0 >s.st
    equal "$(tensor-tsv a b c d e f g h i <s.st)" \
        "$(tab 9223372036854775807 18446744073709551615 4294967295 -7 65535 -7 255 -7 1
            tab -9223372036854775807 0 0 0 0 0 0 0 0)"
}

@test "9 digits give back each F32" {
    stream-make x:F32:1000=random7 >a.st
    tensor-tsv x <a.st | paste -sd, >values
    stream-make "x:F32:1000=$(<values)" | cmp - a.st
}

@test "rows are the same however the stream is cut" {
    rows | tensor-tsv map label >whole
    rows | stream-cut 1,0,2 | tensor-tsv map label | cmp - whole
}

@test "an empty stream prints nothing" {
    equal "$(tensor-tsv label </dev/null)" ""
    equal "$(stream-make label:I64:0=zero | tensor-tsv label)" ""
}

@test "faults have one line each" {
    fails "standard input: field 'x' is missing" tensor-tsv x < <(rows)
    fails "field 'map' has 2 values in a row, so there is no 'map.2'" tensor-tsv map.2 < <(rows)
    fails "field 'map.x' is missing" tensor-tsv map.x < <(rows)
    fails "values of type C64 cannot be read" tensor-tsv c < <(stream-make c:C64:1=zero)
    fails "values of type C64 cannot be read" tensor-tsv c < <(stream-make c:C64:1,2=zero)
    fails "no rows (its shape is [])" tensor-tsv c < <(stream-make c:F32:=1)
    fails "the fields have 3 values in a row, and 2 in the first frame" tensor-tsv x \
        < <(stream-make x:F32:1,2=zero / x:F32:1,3=zero)
    fails "tensors 'a' and 'b' have 1 and 2 rows" tensor-tsv a < <(stream-make a:F32:1=0 b:F32:2=0,0)
    fails "is this a tensor stream?" tensor-tsv a < <(echo "no tensor stream")
}

@test "a full disk and a closed pipe" {
    full_disk tensor-tsv label < <(rows)
    stream-make x:F32:100000=random1 >large.st
    closed_pipe tensor-tsv x <large.st
}

@test "common options" {
    common_options tensor-tsv
}
