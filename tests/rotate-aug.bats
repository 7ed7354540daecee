load helpers/common

# Two images of 2 channels and 3x3 pixels, with a label and a field that the program does not know.
two() {
    stream-make image:U8:2,2,3,3=iota label:I64:2=4,7 other:F32:2,2=1,2,3,4 @classes=a,b @note=kept
}

# pixels BYTES_OF_A_ROW ROWS: the images of a stream of one frame, a line each; they are the last of its data.
pixels() {
    tail -c $(($1 * $2)) | od -An -v -tu1 -w"$1" | awk '{ $1 = $1; print }'
}

@test "the options that every program has" {
    common_options rotate-aug
    misused "too many operands" rotate-aug file </dev/null
}

@test "four turns of each image, counter-clockwise, side by side" {
    two | rotate-aug >out.st
    equal "$(tensor-tsv rotation label <out.st | xargs -n 8)" "0 4 1 4 2 4 3 4
0 7 1 7 2 7 3 7"
    # 0 1 2    2 5 8    8 7 6    6 3 0
    # 3 4 5 -> 1 4 7 -> 5 4 3 -> 7 4 1
    # 6 7 8    0 3 6    2 1 0    8 5 2
    equal "$(pixels 18 8 <out.st | head -n 4 | cut -d ' ' -f 1-9)" "0 1 2 3 4 5 6 7 8
2 5 8 1 4 7 0 3 6
8 7 6 5 4 3 2 1 0
6 3 0 7 4 1 8 5 2"
    # the second channel of the second image
    equal "$(pixels 18 8 <out.st | sed -n 6p | cut -d ' ' -f 10-18)" "29 32 35 28 31 34 27 30 33"
}

@test "other fields are repeated and metadata kept, with the group" {
    two | rotate-aug >out.st
    equal "$(tensor-tsv other <out.st | tr '\t' ' ' | xargs -n 8)" "1 2 1 2 1 2 1 2
3 4 3 4 3 4 3 4"
    equal "$(tensor-ls out.st | grep '^@' | sort)" "@classes=a,b
@group=4
@note=kept"
}

@test "four quarter turns are the identity, byte for byte" {
    stream-make image:U8:5,3,32,32=random1 >in.st
    local turns=in.st
    for turn in 1 2 3 4; do
        # the row turned once of each four
        rotate-aug <$turns | tensor-pick --where rotation=1 --fields image >turned.st
        mv turned.st "turned$turn.st"
        turns=turned$turn.st
    done
    tensor-pick --fields image <turned4.st | stream-compare - <(stream-make image:U8:5,3,32,32=random1)
    # two quarter turns are the half turn
    rotate-aug <in.st | tensor-pick --where rotation=2 --fields image | stream-compare - turned2.st
}

@test "images of one pixel, and of none" {
    equal "$(stream-make image:U8:1,1,1,1=7 | rotate-aug | pixels 1 4 | xargs)" "7 7 7 7"
    stream-make image:U8:2,3,0,0=zero | rotate-aug | tensor-ls | grep -q 'image.*\[8,3,0,0\]'
}

@test "frames: cut anywhere, of no rows, none at all" {
    stream-make image:U8:7,1,4,4=random5 label:I64:7=iota >in.st
    rotate-aug <in.st >whole.st
    rotate-aug --random 3 <in.st >random.st
    for cut in 1 2,0,3 5; do
        stream-cut $cut <in.st | rotate-aug | stream-compare - whole.st
        stream-cut $cut <in.st | rotate-aug --random 3 | stream-compare - random.st
    done
    stream-make image:U8:0,3,4,4=zero | rotate-aug | tensor-ls | grep -q 'image.*\[0,3,4,4\]'
    equal "$(rotate-aug </dev/null | wc -c)" 0
}

@test "many rows in one frame" {
    stream-make image:U8:700,1,2,2=random7 label:I64:700=iota >in.st
    equal "$(rotate-aug <in.st | tensor-tsv label | uniq -c | awk '{ print $1 }' | sort -u)" 4
    stream-cut 1 <in.st | rotate-aug | stream-compare - <(rotate-aug <in.st)
    stream-cut 300,1 <in.st | rotate-aug --random 1 | stream-compare - <(rotate-aug --random 1 <in.st)
}

@test "--random: one turn each, by the seed" {
    stream-make image:U8:4000,1,2,2=random9 @group=4 >in.st
    rotate-aug --random 1 <in.st >one.st
    cmp one.st <(rotate-aug --random 1 <in.st)
    run ! cmp -s one.st <(rotate-aug --random 2 <in.st)
    # 1000 of each turn, give or take 5 standard deviations of a binomial count
    tensor-tsv rotation <one.st | sort | uniq -c | awk '{ if ($1 < 863 || $1 > 1137) exit 1 } END { exit NR != 4 }'
    fails "group" tensor-ls -m group one.st
    # each row is the row of that turn among all four
    rotate-aug <in.st | stream-cut 0 | pixels 4 16000 |
        awk 'NR == FNR { turn[NR - 1] = $1; next } turn[int((FNR - 1) / 4)] == (FNR - 1) % 4' \
            <(tensor-tsv rotation <one.st) - >wanted
    equal "$(wc -l <wanted)" 4000
    stream-cut 0 <one.st | pixels 4 4000 | cmp - wanted
    misused "--random: '-1' is not a whole number" rotate-aug --random -1 <in.st
}

@test "a rotation that was there is replaced" {
    equal "$(stream-make image:U8:1,1,2,2=iota rotation:I64:1=9 | rotate-aug | tensor-tsv rotation | xargs)" "0 1 2 3"
}

@test "streams without square images" {
    stream-make label:I64:1=0 >none.st
    fails "standard input: field 'image' is missing" rotate-aug <none.st
    stream-make image:F32:1,3,4,4=zero >float.st
    fails "field 'image' is F32 of rank 4 (U8 of rank 4 is needed)" rotate-aug <float.st
    stream-make image:U8:1,3,4=zero >rank.st
    fails "field 'image' is U8 of rank 3" rotate-aug <rank.st
    stream-make image:U8:1,3,4,5=zero >wide.st
    fails "standard input: frame 1: images of 4 x 5 pixels (a quarter turn needs square ones)" rotate-aug <wide.st
    stream-make image:U8:2,1,2,2=zero label:I64:1=0 >rows.st
    fails "rows" rotate-aug <rows.st
}

@test "a stream that is cut short" {
    two | head -c 200 >cut.st
    fails "the file ends inside" rotate-aug <cut.st
}

@test "the same bytes for any -j" {
    two >in.st
    cmp <(rotate-aug -j 1 <in.st) <(rotate-aug -j 2 <in.st)
}

@test "a full disk and a closed pipe" {
    two >in.st
    full_disk rotate-aug <in.st
    stream-make image:U8:500,3,32,32=zero >large.st
    closed_pipe rotate-aug <large.st
}
