load helpers/common
load helpers/pictures

# 3 images of 3 x 2 x 3: planes of one value each, so image i is all (i0, i1, i2) * 8 + 8 but for its first pixel
rows() {
    stream-make image:U8:3,3,2,3=iota label:I64:3=0,1,2 prediction:I64:3=0,2,2 loss:F32:3=0.123,12.34,1234.6 \
        map:F32:3,2,3=iota deep:F32:3,2,2,3=iota rgb:F32:3,3,1,1=0,1,2,3,4,5,6,7,8 index:I64:3=5,6,7 \
        rotation:I64:3=0,1,3 @classes=cat,dog,frog
}

setup() {
    common_setup
    rows >r.st
}

@test "RGB images in rows and columns, in their order and colours" {
    tensor-pnm -c 2 -z 1 -g 1 <r.st >p.ppm
    equal "$(head -c 2 p.ppm)" P6
    equal "$(size p.ppm)" "9 7"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 4 2)" "ffffff ffffff"
    equal "$(pixel p.ppm 1 1) $(pixel p.ppm 2 1) $(pixel p.ppm 1 2)" "00060c 01070d 03090f"
    equal "$(pixel p.ppm 5 1) $(pixel p.ppm 3 5)" "12181e 292f35"
    equal "$(pixel p.ppm 7 5)" ffffff # an empty place
}

@test "grey images, and channels that are no colours beside each other" {
    stream-make image:U8:2,1,1,2=iota | tensor-pnm -z 1 -g 0 >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0) $(pixel p.ppm 3 0)" "4 1 000000 030303"
    stream-make image:U8:1,2,1,2=iota | tensor-pnm -z 1 -g 4 >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 4 4) $(pixel p.ppm 7 4) $(pixel p.ppm 6 4)" "13 9 000000 020202 ffffff"
}

@test "--zoom repeats pixels, --columns 0 is about a square, more columns than rows are as many" {
    tensor-pnm -z 3 -g 2 -c 1 <r.st >p.ppm
    equal "$(size p.ppm)" "$((2 + 9 + 2)) $((2 + 3 * 8))"
    equal "$(pixel p.ppm 2 2) $(pixel p.ppm 4 4) $(pixel p.ppm 5 4)" "00060c 00060c 01070d"
    tensor-pnm -z 1 -g 0 -c 0 <r.st >p.ppm
    equal "$(size p.ppm)" "6 4"
    tensor-pnm -z 1 -g 0 <r.st >p.ppm
    equal "$(size p.ppm)" "9 2"
    misused "--zoom: '257' is not" tensor-pnm -z 257 <r.st
    misused "--columns: '-1' is not" tensor-pnm --columns=-1 <r.st
}

@test "--gap and --background" {
    tensor-pnm -z 1 --gap 5 --background black <r.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0)" "29 12 000000"
    tensor-pnm -z 1 --gap 5 --background '#aBcDeF' <r.st >p.ppm
    equal "$(pixel p.ppm 28 11)" abcdef
    misused "--background: '#12' is not a colour (white, black, grey or #rrggbb)" tensor-pnm --background '#12' <r.st
    misused "--gap" tensor-pnm -g x <r.st
}

@test "--field: maps from their least to their largest value, of all rows or of each" {
    tensor-pnm -f map -z 1 -g 0 <r.st >p.ppm
    equal "$(size p.ppm)" "9 2"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 2 1) $(pixel p.ppm 8 1)" "000000 4b4b4b ffffff"
    tensor-pnm -f map -z 1 -g 0 --scale each <r.st >p.ppm
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 2 1) $(pixel p.ppm 3 0) $(pixel p.ppm 8 1)" "000000 ffffff 000000 ffffff"
    tensor-pnm -f deep -z 1 -g 1 -c 1 <r.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 1 1) $(pixel p.ppm 7 8)" "9 10 000000 ffffff"
    # the channels of a row have one scale
    stream-make deep:F32:2,2,1,1=0,4,10,5 | tensor-pnm -f deep -z 1 -g 0 -c 1 --scale each >p.ppm
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 1 0) $(pixel p.ppm 0 1) $(pixel p.ppm 1 1)" "000000 ffffff ffffff 000000"
    misused "--scale: 'some' is none of" tensor-pnm -s some <r.st
}

@test "F32 of three channels is a picture in colours" {
    tensor-pnm -f rgb -z 1 -g 0 <r.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0) $(pixel p.ppm 2 0)" "3 1 002040 bfdfff"
}

@test "--range and --palette" {
    tensor-pnm -f map -z 1 -g 0 -r 5,10 <r.st >p.ppm
    equal "$(pixel p.ppm 2 1) $(pixel p.ppm 3 0) $(pixel p.ppm 8 1)" "000000 333333 ffffff"
    tensor-pnm -f map -z 1 -g 0 -r -17,17 -p diverging <r.st >p.ppm
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 8 1)" "dddddd b40426"
    tensor-pnm -f map -z 1 -g 0 -p viridis <r.st >p.ppm
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 8 1)" "440154 fde725"
    for range in 1 1,1 2,1 1,2,3 a,b "," 1,nan; do
        misused "--range: '$range' is not LOW,HIGH" tensor-pnm -f map -r $range <r.st
    done
    misused "--range: one range for all rows and --scale each exclude" tensor-pnm -f map -r 0,1 -s each <r.st
    misused "--palette: 'jet' is none of" tensor-pnm -p jet <r.st
    fails "field 'image' is U8 and drawn as it is" tensor-pnm -r 0,1 <r.st
    fails "field 'image' is U8 and drawn as it is" tensor-pnm -p grey <r.st
}

@test "--bar says what the colours stand for" {
    tensor-pnm -f map -p viridis <r.st >plain.ppm
    tensor-pnm -f map -p viridis --bar <r.st >bar.ppm
    read -r _ height < <(size plain.ppm)
    read -r width tall < <(size bar.ppm)
    [ "$width" -gt 120 ]
    [ "$tall" -gt "$height" ]
    [ "$(colours bar.ppm)" -gt 100 ]
    misused "--bar: one bar cannot stand for all rows" tensor-pnm -f map --bar -s each <r.st
    fails "drawn as it is" tensor-pnm --bar <r.st
}

@test "--caption makes room for the widest, and classes have their names" {
    tensor-pnm -z 4 -g 2 <r.st >plain.ppm
    tensor-pnm -z 4 -g 2 --caption label <r.st >name.ppm
    read -r width height < <(size plain.ppm)
    read -r wide tall < <(size name.ppm)
    [ "$wide" -gt "$width" ]
    [ "$tall" -gt "$height" ]
    # the same text from elsewhere is the same picture
    stream-make image:U8:3,3,2,3=iota cat:I64:3=0,1,2 prediction:I64:3=0,1,2 @classes=cat,dog,frog >s.st
    tensor-pnm -z 4 -g 2 --caption prediction <s.st | cmp - name.ppm
    tensor-pnm -z 4 -g 2 --caption cat <s.st >number.ppm
    run ! cmp -s number.ppm name.ppm
    # a field may name its classes itself
    stream-make image:U8:3,3,2,3=iota prediction:I64:3=1,2,0 @classes=a,b,c @prediction_classes=frog,cat,dog |
        tensor-pnm -z 4 -g 2 --caption prediction | cmp - name.ppm
}

@test "--caption of numbers: two digits, whole ones in full, turns in degrees" {
    tensor-pnm --caption loss <r.st >p.ppm
    stream-make image:U8:3,3,2,3=iota x:F64:3=0.12,12,1235 | tensor-pnm --caption x | cmp - p.ppm
    # 3.04 is 3.0, not 3
    stream-make image:U8:1,3,2,3=iota x:F32:1=3.04 label:I64:1=0 @classes=3.0 >s.st
    tensor-pnm --caption x <s.st | cmp - <(tensor-pnm --caption label <s.st)
    # 9.97 is 10, as 10.4 is
    stream-make image:U8:3,3,2,3=iota x:F32:3=9.97,10.4,9.94 >s.st
    stream-make image:U8:3,3,2,3=iota label:I64:3=0,0,1 @classes=10,9.9 | tensor-pnm --caption label |
        cmp - <(tensor-pnm --caption x <s.st)
    tensor-pnm --caption rotation <r.st >p.ppm
    stream-make image:U8:3,3,2,3=iota x:I64:3=0,90,270 | tensor-pnm --caption x | cmp - p.ppm
    tensor-pnm --caption label,loss --text 2 <r.st >p.ppm
    fails "field 'x' is missing" tensor-pnm --caption label,x <r.st
    fails "field 'map' has rank 3 (1 is needed for a caption)" tensor-pnm --caption map <r.st
    misused "--caption: 'a,,b' holds an empty name" tensor-pnm --caption a,,b <r.st
    misused "too many fields" tensor-pnm --caption a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q <r.st
}

@test "captions in any script and of any length" {
    stream-make image:U8:1,3,2,3=iota label:I64:1=0 "@classes=$(printf 'é→%.0s' {1..200})" |
        tensor-pnm --caption label >p.ppm
    read -r width _ < <(size p.ppm)
    [ "$width" -gt 100 ]
}

@test "--border: blue where two fields agree, orange and dashed where not" {
    tensor-pnm -z 4 -b label,prediction <r.st >p.ppm
    # tiles of 12 x 8, margins of 4, gaps of 4: the second frame is the wrong one
    blue=3f90da orange=e76300
    equal "$(pixel p.ppm 5 5)" $blue
    equal "$(pixel p.ppm 28 4)" $orange
    [ "$(colours p.ppm $blue)" -gt 0 ]
    [ "$(colours p.ppm $orange)" -gt 0 ]
    # dashed: not the whole ring
    equal "$(colours p.ppm $blue)" $((2 * (2 * 2 * (18 + 14) - 4 * 2 * 2)))
    [ "$(colours p.ppm $orange)" -lt $((2 * 3 * (20 + 16) - 4 * 3 * 3)) ]
    # the images themselves are not covered
    tensor-pnm -z 4 <r.st >plain.ppm
    for x in 0 11; do
        equal "$(pixel p.ppm $((8 + x)) 8)" "$(pixel plain.ppm $((4 + x)) 4)"
    done
    misused "--border: 'label' is not two fields" tensor-pnm -b label <r.st
    misused "--border: 'a,b,c' is not two fields" tensor-pnm -b a,b,c <r.st
    fails "field 'x' is missing" tensor-pnm -b label,x <r.st
    fails "field 'loss' is F32 of rank 1 (I64 of rank 1 is needed)" tensor-pnm -b label,loss <r.st
}

# Two queries, each with its three nearest of a database whose images are told apart by their one pixel.
queries() {
    stream-make image:U8:2,1,1,1=1,2 label:I64:2=0,1 neighbor_index:I64:2,3=30,10,20,20,40,-1 \
        neighbor_label:I64:2,3=0,1,1,1,0,0 neighbor_distance:F32:2,3=0.1,0.2,0.3,1,2,3 @classes=cat,dog
}

database() {
    stream-make image:U8:2,1,1,1=110,120 index:I64:2=10,20 x:F32:2,2=zero / \
        image:U8:3,1,1,1=130,140,150 index:I64:3=30,40,20 x:F32:3,2=zero
}

@test "--neighbors: each row and the images of its neighbours, nearest first" {
    database >db.st
    queries | tensor-pick --drop neighbor_label >q.st
    tensor-pnm --neighbors db.st -z 1 -g 1 <q.st >p.ppm
    # the neighbours stand apart from the row; the first with an index is taken; none below 0
    equal "$(size p.ppm)" "$((1 + 4 * 2 + 6)) 5"
    equal "$(pixel p.ppm 1 1) $(pixel p.ppm 9 1) $(pixel p.ppm 11 1) $(pixel p.ppm 13 1)" "010101 828282 6e6e6e 787878"
    equal "$(pixel p.ppm 1 3) $(pixel p.ppm 9 3) $(pixel p.ppm 11 3) $(pixel p.ppm 13 3)" "020202 787878 8c8c8c ffffff"
}

@test "--neighbors -k N, captions and frames" {
    database >db.st
    queries >q.st
    tensor-pnm --neighbors db.st -k 1 -z 1 -g 1 <q.st >p.ppm
    equal "$(size p.ppm)" "$((1 + 2 * 10 + 6)) $((1 + 2 * 10))"
    blue=3f90da orange=e76300
    [ "$(colours p.ppm $blue)" -gt 0 ]
    equal "$(colours p.ppm $orange)" 0
    tensor-pnm --neighbors db.st -z 1 <q.st >p.ppm
    [ "$(colours p.ppm $orange)" -gt 0 ]
    tensor-pnm --neighbors db.st --caption label,distance -z 1 <q.st >p.ppm
    [ "$(colours p.ppm 000000)" -gt 20 ]
    tensor-pnm --neighbors db.st --border label,neighbor_label -z 1 <q.st >a.ppm
    tensor-pnm --neighbors db.st -z 1 <q.st | cmp - a.ppm
}

@test "--neighbors of a map field, on the rows' scale" {
    stream-make map:F32:2,1,1=0,1 index:I64:2=1,2 >db.st
    stream-make map:F32:1,1,2=0,4 neighbor_index:I64:1,1=1 >q.st
    fails "db.st: field 'map' is not of the type and shape that it has in standard input" \
        tensor-pnm -f map --neighbors db.st <q.st
    stream-make map:F32:2,1,1=0,4 neighbor_index:I64:2,1=2,1 | tensor-pnm -f map --neighbors db.st -z 1 -g 0 >p.ppm
    equal "$(pixel p.ppm 7 0) $(pixel p.ppm 7 1)" "404040 000000"
}

@test "--neighbors: what can be wrong" {
    database >db.st
    queries >q.st
    fails "standard input: field 'neighbor_index' is missing" tensor-pnm --neighbors db.st <r.st
    stream-make image:U8:1,1,1,1=0 index:I64:1=10 >small.st
    fails "small.st: no row has index 30 (neighbour 1 of row 0)" tensor-pnm --neighbors small.st <q.st
    fails "small.st: field 'index' is missing" tensor-pnm --neighbors small.st \
        < <(stream-make image:U8:1,1,1,1=0 >small.st && cat q.st)
    stream-make map:F32:1=0 index:I64:1=10 >small.st
    fails "small.st: field 'image' is missing" tensor-pnm --neighbors small.st <q.st
    fails "missing.st: cannot be opened" tensor-pnm --neighbors missing.st <q.st
    misused "-k: --neighbors DATABASE is needed" tensor-pnm -k 3 <q.st
    misused "--columns: --neighbors draws" tensor-pnm -c 3 --neighbors db.st <q.st
}

# Grey images of one pixel: 10 and 20 in the left upper cell, 30 in the right lower one, 40 on the outer corner of that.
@test "--at: of each cell the row nearest to its middle; cells without one stay empty" {
    stream-make image:U8:4,1,1,1=16,32,48,64 map:F32:4,2=0,4,1,3,2.9,1.1,4,0 >at.st
    tensor-pnm --at map -c 2 -g 0 -z 1 <at.st >p.ppm
    equal "$(size p.ppm)" "2 2"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 1 0) $(pixel p.ppm 0 1) $(pixel p.ppm 1 1)" "202020 ffffff ffffff 303030"
    stream-cut 1,2 <at.st | tensor-pnm --at map -c 2 -g 0 -z 1 | cmp - p.ppm
    tensor-pnm --at map -c 4 -g 0 -z 1 <at.st >p.ppm
    equal "$(size p.ppm)" "4 4"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 1 1) $(pixel p.ppm 2 2) $(pixel p.ppm 3 3)" "101010 202020 303030 404040"
    # a map that is not square, and one without any extent; 0 columns
    stream-make image:U8:3,1,1,1=16,32,48 map:F32:3,2=0,0,8,1,4,0 | tensor-pnm --at map -c 4 -g 0 -z 1 >p.ppm
    equal "$(size p.ppm)" "4 1"
    stream-make image:U8:3,1,1,1=16,32,48 map:F32:3,2=5,5,5,5,5,5 | tensor-pnm --at map -g 0 -z 1 >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0)" "1 1 101010"
    tensor-pnm --at map -c 0 -g 0 -z 1 <at.st >p.ppm
    equal "$(size p.ppm)" "1 1"
    equal "$(stream-make image:U8:0,3,2,2=zero map:F32:0,2=zero | tensor-pnm --at map | wc -c)" 0
}

@test "--at: what can be wrong" {
    fails "field 'place' is missing" tensor-pnm --at place <r.st
    stream-make image:U8:1,1,1,1=1 map:F32:1,3=0,0,0 | fails "has 3 values in a row (2 are needed" tensor-pnm --at map
    stream-make image:U8:2,1,1,1=1,2 map:F32:2,2=0,0,0,inf | fails "row 1 holds inf" tensor-pnm --at map
    database >db.st
    queries >q.st
    misused "--at: --neighbors draws" tensor-pnm --at map --neighbors db.st <q.st
}

@test "rows are the same however the stream is cut" {
    database >db.st
    tensor-pnm --caption label -b label,prediction <r.st >whole.ppm
    queries | tensor-pnm --neighbors db.st >found.ppm
    for cut in 1 2,0 0,1; do
        stream-cut $cut <r.st | tensor-pnm --caption label -b label,prediction | cmp - whole.ppm
        stream-cut $cut <db.st >cut.st
        queries | stream-cut $cut | tensor-pnm --neighbors cut.st | cmp - found.ppm
    done
}

@test "an empty stream, and one without rows, draw nothing" {
    equal "$(tensor-pnm </dev/null | wc -c)" 0
    equal "$(stream-make image:U8:0,3,2,2=zero | tensor-pnm | wc -c)" 0
    equal "$(stream-make image:U8:0,3,2,2=zero neighbor_index:I64:0,5=zero | tensor-pnm --neighbors x.st | wc -c)" 0
}

@test "fields that cannot be drawn" {
    fails "field 'x' is missing" tensor-pnm -f x <r.st
    fails "field 'label' is I64 of rank 1 (U8 [N,C,H,W], F32 [N,H,W] or F32 [N,C,H,W] is needed)" \
        tensor-pnm -f label <r.st
    fails "field 'image' has rows without a pixel" tensor-pnm < <(stream-make image:U8:2,3,0,4=zero)
    fails "field 'map' holds a value that is not finite" tensor-pnm -f map < <(stream-make map:F32:1,1,2=0,nan)
    fails "changes its type or shape" tensor-pnm < <(stream-make image:U8:1,3,1,1=iota / image:U8:1,3,1,2=iota)
    # a later frame whose rows have no picture; one without rows needs none
    fails "standard input: field 'image' is missing" tensor-pnm \
        < <(stream-make image:U8:1,3,1,1=iota label:I64:1=1 / label:I64:40=iota)
    cmp <(stream-make image:U8:1,3,1,1=iota / image:U8:1,3,1,1=iota | tensor-pnm) \
        <(stream-make image:U8:1,3,1,1=iota / @x=y / image:U8:1,3,1,1=iota | tensor-pnm)
    fails "is this a tensor stream?" tensor-pnm < <(echo "no tensor stream")
    misused "too many operands" tensor-pnm r.st
}

@test "what does not fit is told at the first frame, not after all rows" {
    stream-make image:U8:2,3,4,4=iota label:I64:2=0,1 neighbor_index:F32:2=0,1 place:F32:2,3=iota >good.st
    { cat good.st && head -c 100 good.st; } >half.st
    fails "nothing.st: cannot be opened" tensor-pnm --neighbors nothing.st <half.st
    fails "field 'neighbor_index' is F32 of rank 1 (I64 of rank 2 is needed)" tensor-pnm --neighbors good.st <half.st
    fails "field 'label' is I64 of rank 1 (U8 [N,C,H,W]," tensor-pnm -f label <half.st
    fails "field 'label' is I64 of rank 1 (F32 of rank 2 is needed)" tensor-pnm --at label <half.st
    fails "field 'place' has 3 values in a row (2 are needed: x and y)" tensor-pnm --at place <half.st
    fails "standard input: frame 2: the file ends" tensor-pnm <half.st
}

@test "the same bytes again, with any number of threads; a full disk; a closed pipe" {
    tensor-pnm --caption label -j 1 <r.st >a.ppm
    tensor-pnm --caption label -j 2 <r.st | cmp - a.ppm
    full_disk tensor-pnm <r.st
    full_disk tensor-pnm -z 200 <r.st
    closed_pipe tensor-pnm -z 200 <r.st
}

@test "a large sheet is drawn a row of tiles at a time" {
    # 307 MB of picture in 150 MB of address space; programs built with sanitizers need more to start with
    (ulimit -v 150000 && tensor-pnm --version >/dev/null 2>&1) || skip "the program does not start in 150 MB"
    stream-make image:U8:1000,3,8,8=zero >many.st
    equal "$(ulimit -v 150000 && tensor-pnm -z 40 -c 1 -g 0 -j 1 <many.st | wc -c)" $((320 * 320000 * 3 + 18))
}

@test "common options" {
    common_options tensor-pnm
}
