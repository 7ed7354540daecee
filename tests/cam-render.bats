load helpers/common
load helpers/pictures

# Two classes over two channels: class 0 is channel 0 less half of channel 1, class 1 is channel 1; logits are doubled.
model() {
    stream-make fc.weight:F32:2,2=1,-0.5,0,1 fc.bias:F32:2=0.25,0 @classes=cat,dog @task=label @logit_scale=2
}

# fields WORD...: two rows with these fields beside images of 4 x 8 (H x W), all red, and maps of 2 x 4. In row 0
# channel 0 is lit at its top right, in row 1 channel 1 at its bottom left.
fields() {
    local red
    red=$(printf '200,%.0s' {1..32})$(printf '0,%.0s' {1..64})
    stream-make "image:U8:2,3,4,8=$red${red%,}" \
        fmap:F32:2,2,2,4=0,0,0,8,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,4,0,0,0 "$@" @classes=cat,dog @source=s
}

rows() {
    fields label:I64:2=0,0 index:I64:2=7,8
}

setup() {
    common_setup
    model >m.st
    rows >r.st
}

@test "--map: the maps by their definition; everything else passes through" {
    cam-render -m m.st --map <r.st >cam.st
    # logits: 2 (1 + 0.25) and 0; 2 (-0.25 + 0.25) and 1
    fields label:I64:2=0,0 index:I64:2=7,8 cam_label:I64:2=0,1 cam:F32:2,2,4=0,0,0,16,0,0,0,0,0,0,0,0,8,0,0,0 \
        @cam_label_classes=cat,dog >want.st
    stream-compare cam.st want.st
    cam-render -m m.st --map --class cat <r.st | tensor-pick --fields cam >got.st
    stream-compare got.st <(stream-make cam:F32:2,2,4=0,0,0,16,0,0,0,0,0,0,0,0,-4,0,0,0 @classes=cat,dog @source=s)
}

@test "the mean of a map and the bias are the logit of its class" {
    cifar-synth --train 64 --test 16 data
    cifar-cat -s train --val 0 data | resnet-train --widths 4,8 --blocks 1,1 --epochs 1 --batch 16 -q >tiny.st
    cifar-cat -s test data | resnet-embed -m tiny.st --emit fmap,logit,prediction >e.st
    local pixels=()
    mapfile -t pixels < <(printf 'cam.%d\n' {0..255})
    for k in 0 3 9; do
        cam-render -m tiny.st --map --class $k <e.st | tensor-tsv "${pixels[@]}" |
            awk '{ s = 0; for (i = 1; i <= NF; i++) s += $i; print s / NF }' >mean
        tensor-tsv logit.$k <e.st >logit
        # sums of 256 floats of about 1, printed to 9 digits
        bias=$(tensor-pick --fields fc.bias <tiny.st | tensor-tsv fc.bias | sed -n $((k + 1))p)
        paste mean logit | awk -v b="$bias" 'function abs(x) { return x < 0 ? -x : x }
            !(abs($1 + b - $2) <= 1e-4) { bad++ } END { exit bad || NR != 16 }'
    done
}

@test "the class: predicted, by the field prediction, the right one, a number or a name" {
    class_of() {
        cam-render -m m.st --map "$@" | tensor-tsv cam_label | paste -sd' '
    }
    equal "$(class_of <r.st)" "0 1"
    equal "$(class_of --class predicted <r.st)" "0 1"
    equal "$(fields prediction:I64:2=1,0 | class_of)" "1 0"
    equal "$(class_of --class label <r.st)" "0 0"
    equal "$(class_of --class 1 <r.st)" "1 1"
    equal "$(class_of --class dog <r.st)" "1 1"
    for class in 2 -1 1x bird ''; do
        misused "--class: '$class' is neither predicted, label, a number from 0 to 1 nor a class of the model" \
            cam-render -m m.st --class "$class" <r.st
    done
}

@test "the right class is the field that the model's task names" {
    stream-make fc.weight:F32:2,2=1,0,0,1 @classes=0,90 @task=rotation >turn.st
    equal "$(fields rotation:I64:2=1,0 label:I64:2=9,9 | cam-render -m turn.st --map --class label |
        tensor-tsv -N cam_label)" $'90\n0'
    fields rotation:I64:2=0,0 label:I64:2=9,9 | cam-render -m turn.st --border -z 1 >p.ppm
    [ "$(colours p.ppm 3f90da)" -gt 0 ]
    [ "$(colours p.ppm e76300)" -gt 0 ]
    fails "field 'rotation' is missing" cam-render -m turn.st --class label <r.st
    fails "field 'rotation' is missing" cam-render -m turn.st --border <r.st
}

@test "the picture: image and overlay beside each other, as large as the image and as wide as it is wide" {
    cam-render -m m.st -z 1 -g 4 -c 1 <r.st >p.ppm
    equal "$(head -c 2 p.ppm)" P6
    equal "$(size p.ppm)" "$((4 + 8 + 1 + 8 + 4)) $((4 + 2 * (4 + 4)))"
    cam-render -m m.st -z 3 -g 0 -c 2 <r.st >p.ppm
    equal "$(size p.ppm)" "$((2 * 2 * 24)) 12"
}

@test "the overlay is half image and half viridis, brightest where the class was seen" {
    cam-render -m m.st -z 1 -g 0 -c 1 <r.st >p.ppm
    # the image is red as it came: its planes are not exchanged
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 7 3)" "c80000 c80000"
    # (200,0,0)/2 + (253,231,37)/2 at the peak, + (68,1,84)/2 far from it: not the other way round
    equal "$(pixel p.ppm 15 0)" e37413
    equal "$(pixel p.ppm 8 0) $(pixel p.ppm 8 3)" "86012a 86012a"
    # row 1 is lit at its bottom left
    equal "$(pixel p.ppm 8 7) $(pixel p.ppm 15 4) $(pixel p.ppm 15 7)" "e37413 86012a 86012a"
}

@test "--opacity" {
    cam-render -m m.st -z 1 -g 0 --opacity 1 <r.st >p.ppm
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 15 0) $(pixel p.ppm 8 0)" "c80000 fde725 440154"
    cam-render -m m.st -z 1 -g 0 --opacity 0 <r.st >p.ppm
    equal "$(colours p.ppm)" 1
    misused "--opacity: '1.5' is not a number from 0 to 1" cam-render -m m.st --opacity 1.5 <r.st
}

@test "--signed: one scale for all rows, red for the class and blue against it" {
    cam-render -m m.st --signed --class cat -z 1 -g 0 -c 1 <r.st >p.ppm
    # maps from -4 to 16: zero grey, 16 the end, -4 a quarter of the way to the other
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 15 0) $(pixel p.ppm 8 0) $(pixel p.ppm 8 7)" "c80000 b40426 dddddd b8d0f9"
    misused "--map and --signed exclude each other" cam-render -m m.st --map --signed <r.st
}

@test "an overlay is scaled by its own row, so a faint map is seen as well" {
    fields | cam-render -m m.st -z 1 -g 0 -c 1 --class dog >a.ppm
    # row 0 has nothing for dogs: all one colour, the middle
    equal "$(pixel a.ppm 8 0)" "$(pixel a.ppm 15 3)"
    equal "$(pixel a.ppm 8 7)" e37413
}

@test "a grey image" {
    stream-make image:U8:1,1,2,2=100,100,100,100 fmap:F32:1,2,1,1=1,0 | cam-render -m m.st -z 1 -g 0 >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0)" "4 2 646464"
}

@test "--border: right and wrong" {
    cam-render -m m.st -z 4 --border -c 1 -g 4 <r.st >p.ppm
    # label 0 and 0, prediction 0 and 1
    equal "$(pixel p.ppm 5 5) $(pixel p.ppm 4 $((4 + 24 + 4)))" "3f90da e76300"
    fails "field 'label' is missing" cam-render -m m.st --border < <(fields)
}

@test "--caption, --text and --bar" {
    cam-render -m m.st --caption label --class 0 <r.st >label.ppm
    fields prediction:I64:2=0,0 | cam-render -m m.st --caption prediction --class 0 | cmp - label.ppm
    cam-render -m m.st --caption cam_label --class cat <r.st >cat.ppm
    cam-render -m m.st --caption cam_label --class cat --text 3 <r.st >large.ppm
    read -r _ height < <(size cat.ppm)
    read -r _ tall < <(size large.ppm)
    [ "$tall" -gt "$height" ]
    cam-render -m m.st --caption prediction,label,index <r.st >p.ppm
    cam-render -m m.st --bar <r.st >bar.ppm
    read -r width _ < <(size bar.ppm)
    [ "$width" -gt 120 ]
    [ "$(colours bar.ppm 440154)" -gt 5 ]
    fails "field 'x' is missing" cam-render -m m.st --caption x <r.st
}

@test "--columns, --gap, --background, --zoom" {
    cam-render -m m.st -c 2 -g 8 -z 2 --background black <r.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 0 0)" "$((8 + 2 * (16 + 2 + 16 + 8))) 24 000000"
    misused "--background: 'x' is not a colour" cam-render -m m.st --background x <r.st
    misused "--zoom" cam-render -m m.st -z 0 <r.st
    misused "--columns" cam-render -m m.st -c x <r.st
    misused "--gap" cam-render -m m.st -g x <r.st
}

@test "what a model can lack" {
    misused "-m: a model is needed" cam-render <r.st
    fails "missing.st: cannot be opened" cam-render -m missing.st <r.st
    : >x.st
    fails "x.st: is empty (a model is needed)" cam-render -m x.st <r.st
    stream-make fc.bias:F32:2=0,0 >x.st
    fails "x.st: field 'fc.weight' is missing" cam-render -m x.st <r.st
    stream-make fc.weight:F32:0,2=zero >x.st
    fails "x.st: fc.weight has no rows" cam-render -m x.st <r.st
    stream-make fc.weight:F32:2,2=zero fc.bias:F32:3=zero >x.st
    fails "x.st: fc.bias has 3 values and fc.weight 2 rows" cam-render -m x.st <r.st
    stream-make fc.weight:F32:2,2=0,0,inf,0 >x.st
    fails "x.st: tensor 'fc.weight' holds a value that is not finite (element 2)" cam-render -m x.st <r.st
    stream-make fc.weight:F32:2,2=zero @logit_scale=much >x.st
    fails "x.st: metadata 'logit_scale': 'much' (1 number from -1e+30 to 1e+30)" cam-render -m x.st <r.st
}

@test "what a stream can lack" {
    fails "field 'fmap' is missing" cam-render -m m.st < <(stream-make image:U8:1,3,1,1=zero)
    fails "field 'fmap' has 3 channels and the model's fc.weight 2" \
        cam-render -m m.st < <(stream-make image:U8:1,3,1,1=zero fmap:F32:1,3,1,1=zero)
    fails "field 'fmap' has maps without a pixel" \
        cam-render -m m.st < <(stream-make image:U8:1,3,1,1=zero fmap:F32:1,2,0,1=zero)
    fails "field 'image' is missing" cam-render -m m.st < <(stream-make fmap:F32:1,2,1,1=zero)
    fails "field 'image' has 2 channels (3 or 1 are needed)" \
        cam-render -m m.st < <(stream-make image:U8:1,2,1,1=zero fmap:F32:1,2,1,1=zero)
    fails "field 'fmap', row 0 of frame 1: its map holds a value that is not finite" \
        cam-render -m m.st < <(stream-make image:U8:1,3,1,1=zero fmap:F32:1,2,1,1=nan,0)
    fails "field 'label' is 2 in row 1 of frame 1 (0 to 1 are the model's classes)" \
        cam-render -m m.st --class label < <(fields label:I64:2=0,2)
    fails "field 'prediction' is -1 in row 0 of frame 1" cam-render -m m.st < <(fields prediction:I64:2=-1,0)
    fails "is this a tensor stream?" cam-render -m m.st < <(echo "no tensor stream")
}

@test "rows are the same however the stream is cut" {
    cam-render -m m.st --caption label --border <r.st >whole.ppm
    cam-render -m m.st --map <r.st >whole.st
    for cut in 1 0,2; do
        stream-cut $cut <r.st | cam-render -m m.st --caption label --border | cmp - whole.ppm
        stream-cut $cut <r.st | cam-render -m m.st --map >cut.st
        stream-compare cut.st whole.st
    done
}

@test "an empty stream, and one without rows" {
    equal "$(cam-render -m m.st </dev/null | wc -c)" 0
    equal "$(cam-render -m m.st --map </dev/null | wc -c)" 0
    stream-make image:U8:0,3,4,4=zero fmap:F32:0,2,2,2=zero >none.st
    equal "$(cam-render -m m.st <none.st | wc -c)" 0
    holds "$(cam-render -m m.st --map <none.st | tensor-ls)" "[0,2,2]"
}

@test "the same bytes again, with any number of threads; a full disk; a closed pipe" {
    stream-make image:U8:9,3,8,8=random1 fmap:F32:9,2,4,4=random2 >many.st
    cam-render -m m.st -j 1 <many.st >a.ppm
    cam-render -m m.st -j 2 <many.st | cmp - a.ppm
    cam-render -m m.st --map -j 1 <many.st >a.st
    cam-render -m m.st --map -j 2 <many.st | cmp - a.st
    full_disk cam-render -m m.st <r.st
    full_disk cam-render -m m.st --map <r.st
    full_disk cam-render -m m.st -z 99 <many.st
    closed_pipe cam-render -m m.st -z 99 <many.st
}

@test "common options" {
    common_options cam-render
}
