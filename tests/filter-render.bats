load helpers/common
load helpers/pictures

# conv1: 4 RGB filters of 2 x 2; deep: 3 filters of 4 channels, 1 x 2, the weights 0..23
model() {
    stream-make conv1.weight:F32:4,3,2,2=random1 deep.weight:F32:3,4,1,2=iota \
        pair.weight:F32:2,3,1,1=1,0,-1,-2,2,0 fc.weight:F32:2,3=zero @architecture=resnet
}

setup() {
    common_setup
    model >m.st
}

@test "a layer that sees three channels: RGB tiles, zero grey, about a square" {
    filter-render -z 1 -g 1 -l pair.weight m.st >p.ppm
    equal "$(head -c 2 p.ppm)" P6
    equal "$(size p.ppm)" "5 3"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 1 1) $(pixel p.ppm 2 1) $(pixel p.ppm 3 1)" "ffffff bf8040 ffffff 00ff80"
}

@test "conv1.weight is the layer without --layer, from a file or standard input" {
    filter-render m.st >a.ppm
    equal "$(size a.ppm)" "$((4 + 2 * (16 + 4))) $((4 + 2 * (16 + 4)))"
    filter-render --layer conv1.weight <m.st | cmp - a.ppm
    filter-render - <m.st | cmp - a.ppm
    # in a later frame, too
    { stream-make x:F32:1=0 && model; } | filter-render | cmp - a.ppm
}

@test "a deeper layer: a row for each filter, a grey tile for each input channel" {
    filter-render -l deep.weight -z 3 -g 4 m.st >p.ppm
    # 4 tiles of 6 x 3, a quarter of the gap between them; 3 rows of them
    equal "$(size p.ppm)" "$((4 + 4 * 6 + 3 * 1 + 4)) $((4 + 3 * (3 + 4)))"
    # weights 0, 1 of 23 and 22, 23: grey from 128 up; each a square of 3 x 3
    equal "$(pixel p.ppm 4 4) $(pixel p.ppm 7 4) $(pixel p.ppm 9 6)" "808080 858585 858585"
    equal "$(pixel p.ppm 25 18) $(pixel p.ppm 30 20)" "f9f9f9 ffffff"
    equal "$(pixel p.ppm 10 4)" ffffff
}

@test "--inputs N: the strongest channels first" {
    filter-render -l deep.weight -i 2 -z 1 -g 1 m.st >p.ppm
    equal "$(size p.ppm)" "$((1 + 2 + 1 + 2 + 1)) 7"
    # filter 0: channels 3 (weights 6, 7) and 2 (4, 5)
    equal "$(pixel p.ppm 1 1) $(pixel p.ppm 2 1) $(pixel p.ppm 4 1)" "a1a1a1 a6a6a6 969696"
}

@test "--inputs on a layer of three channels shows them one by one; more than there are is all" {
    filter-render -l pair.weight -i 9 -z 1 -g 0 m.st >p.ppm
    equal "$(size p.ppm)" "3 2"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 2 0) $(pixel p.ppm 0 1)" "bfbfbf 404040 000000"
}

@test "--scale each: every filter fills its own range" {
    filter-render -l deep.weight --scale each -z 1 -g 0 m.st >p.ppm
    equal "$(pixel p.ppm 7 0) $(pixel p.ppm 7 1) $(pixel p.ppm 7 2)" "ffffff ffffff ffffff"
    filter-render -l deep.weight --scale shared -z 1 -g 0 m.st >p.ppm
    equal "$(pixel p.ppm 7 0) $(pixel p.ppm 7 1) $(pixel p.ppm 7 2)" "a6a6a6 d3d3d3 ffffff"
    misused "--scale: 'all' is none of shared, each" filter-render -s all m.st
}

@test "--filters: those, in that order; the scale stays that of the layer" {
    filter-render -l deep.weight -f 2,0,2 -z 1 -g 0 m.st >p.ppm
    equal "$(size p.ppm)" "8 3"
    equal "$(pixel p.ppm 7 0) $(pixel p.ppm 7 1) $(pixel p.ppm 7 2)" "ffffff a6a6a6 ffffff"
    fails "m.st: filter 3 is not in deep.weight (it has 3, numbered from 0)" filter-render -l deep.weight -f 0,3 m.st
    misused "--filters: 'x' is not a whole number" filter-render -f x m.st
}

@test "--sort norm and --first" {
    filter-render -l deep.weight --sort norm -z 1 -g 0 m.st >p.ppm
    equal "$(pixel p.ppm 7 0) $(pixel p.ppm 7 1) $(pixel p.ppm 7 2)" "ffffff d3d3d3 a6a6a6"
    filter-render -l deep.weight --sort norm -n 1 -z 1 -g 0 m.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 7 0)" "8 1 ffffff"
    filter-render -l deep.weight --sort norm -f 0,1 -z 1 -g 0 m.st >p.ppm
    equal "$(size p.ppm) $(pixel p.ppm 7 0) $(pixel p.ppm 7 1)" "8 2 d3d3d3 a6a6a6"
    filter-render -l deep.weight --first 7 m.st >p.ppm
    filter-render -l deep.weight m.st | cmp - p.ppm
    misused "--sort: 'size' is none of number, norm" filter-render --sort size m.st
}

@test "--columns, --gap, --background, --zoom" {
    filter-render -c 4 -g 3 -z 5 --background '#102030' m.st >p.ppm
    equal "$(size p.ppm)" "$((3 + 4 * 13)) $((3 + 13))"
    equal "$(pixel p.ppm 0 0) $(pixel p.ppm 14 5)" "102030 102030"
    equal "$(pixel p.ppm 3 3)" "$(pixel p.ppm 7 7)"
    filter-render -c 100 -g 3 -z 5 --background '#102030' m.st | cmp - p.ppm
    misused "--background: 'mauve' is not a colour" filter-render --background mauve m.st
    misused "--zoom: '0' is not" filter-render -z 0 m.st
    misused "--gap: '-1' is not" filter-render -g -1 m.st
    misused "--columns: 'x' is not" filter-render -c x m.st
}

@test "--palette diverging: blue below zero, grey at it, red above" {
    filter-render -l pair.weight -i 3 -p diverging -z 1 -g 0 m.st >p.ppm
    equal "$(pixel p.ppm 0 1) $(pixel p.ppm 1 0) $(pixel p.ppm 1 1)" "3b4cc0 dddddd b40426"
    misused "--palette: 'jet' is none of grey, viridis, diverging" filter-render -p jet m.st
}

@test "--number writes above, --text enlarges, --bar below" {
    filter-render m.st >plain.ppm
    filter-render --number m.st >number.ppm
    read -r width height < <(size plain.ppm)
    read -r _ taller < <(size number.ppm)
    [ "$taller" -gt "$height" ]
    [ "$(colours number.ppm 000000)" -gt 5 ]
    filter-render --number --text 2 m.st >large.ppm
    read -r _ tallest < <(size large.ppm)
    [ $((tallest - height)) -gt $((taller - height)) ]
    filter-render --bar m.st >bar.ppm
    read -r wide tall < <(size bar.ppm)
    [ "$wide" -gt "$width" ]
    [ "$tall" -gt "$height" ]
    misused "--bar: one bar cannot stand for all filters" filter-render --bar -s each m.st
}

@test "a model that does not have the layer, or not of that kind" {
    fails "m.st: tensor 'x' is missing (F32 of rank 4 there: conv1.weight, deep.weight, pair.weight)" \
        filter-render -l x m.st
    fails "m.st: field 'fc.weight' is F32 of rank 2 (F32 of rank 4 is needed)" filter-render -l fc.weight m.st
    fails "standard input: tensor 'conv1.weight' is missing (F32 of rank 4 there: none)" filter-render </dev/null
    fails "tensor 'conv1.weight' is empty" filter-render < <(stream-make conv1.weight:F32:0,3,3,3=zero)
    fails "tensor 'conv1.weight' holds a value that is not finite (element 1)" \
        filter-render < <(stream-make conv1.weight:F32:1,1,1,2=0,nan)
    fails "missing.st: cannot be opened" filter-render missing.st
    misused "too many operands" filter-render m.st m.st
}

@test "all weights zero is all grey" {
    stream-make conv1.weight:F32:2,3,2,2=zero | filter-render -g 0 >p.ppm
    equal "$(colours p.ppm)" 1
    equal "$(pixel p.ppm 0 0)" 808080
}

@test "the same bytes again, with any number of threads; a full disk; a closed pipe" {
    filter-render -l deep.weight --number -j 1 m.st >a.ppm
    filter-render -l deep.weight --number -j 2 m.st | cmp - a.ppm
    full_disk filter-render m.st
    full_disk filter-render -z 256 m.st
    closed_pipe filter-render -z 256 m.st
}

@test "common options" {
    common_options filter-render
}
