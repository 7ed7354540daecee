load helpers/common

# A network as torchvision has it, trained without ingredients.
plain=("--widths=4,8" "--blocks=1,1" --downsample stride --stem trained --init random --bn-scale trained --bn-bias-lr 1
    --activation relu --lr 0.2 --label-smoothing 0 --average none -e 1)

# Data and one model for all tests: 60 images to train on, 20 held out; networks of a few channels.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cifar-synth -q --train 80 --test 20 data
    cifar-cat -q -s train --val 20 data >train.st
    cifar-cat -q -s val --val 20 data >val.st
    rotate-aug -q <train.st >turned.st
    "$BIN/resnet-train" -q "${plain[@]}" <train.st >base.st
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

# train OPTION... <images >model: a small network for one epoch, unless the options say otherwise.
train() {
    resnet-train -q "${plain[@]}" "$@"
}

# train_fails PART OPTION...: as train, and exit 1; train_misused PART OPTION...: exit 2.
train_fails() {
    fails "$1" resnet-train -q "${plain[@]}" "${@:2}"
}

train_misused() {
    misused "$1" resnet-train -q "${plain[@]}" "${@:2}"
}

about() {
    tensor-ls "$1" | sed -n "s/^@$2=//p"
}

# column NAME FILE: of a log.
column() {
    awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"
}

@test "the options that every program has" {
    common_options resnet-train
}

@test "a model has torchvision's names and says what it is" {
    equal "$(tensor-ls base.st | awk '$2 == "F32" { print $1 }' | grep -v bn)" "conv1.weight
fc.bias
fc.weight
layer1.0.conv1.weight
layer1.0.conv2.weight
layer2.0.conv1.weight
layer2.0.conv2.weight
layer2.0.downsample.0.weight
layer2.0.downsample.1.bias
layer2.0.downsample.1.running_mean
layer2.0.downsample.1.running_var
layer2.0.downsample.1.weight"
    local name
    for name in bn1 layer1.0.bn1 layer1.0.bn2 layer2.0.bn1 layer2.0.bn2; do
        holds "$(tensor-ls base.st)" "$name.running_mean"
        holds "$(tensor-ls base.st)" "$name.num_batches_tracked"
    done
    holds "$(tensor-ls base.st | tr -s ' ')" "layer2.0.downsample.0.weight F32 [8,4,1,1]"
    equal "$(about base.st architecture) $(about base.st activation) $(about base.st logit_scale)" "resnet relu 1"
    equal "$(about base.st widths) $(about base.st blocks)" "4,8 1,1"
    equal "$(about base.st height) $(about base.st width)" "32 32"
    equal "$(about base.st task) $(about base.st classes)" "label $(about train.st classes)"
    equal "$(about base.st source)" "$(about train.st source)"
    equal "$(about base.st epoch) $(about base.st epochs) $(about base.st seed)" "1 1 1"
    equal "$(about base.st mean | tr ',' '\n' | wc -l) $(about base.st std | tr ',' '\n' | wc -l)" "3 3"
    holds "$(about base.st train_accuracy)" 0.
    equal "$(about base.st val_accuracy)" ""
}

@test "the same bytes for any number of threads, and however the stream is cut" {
    local j
    for j in 1 2 3; do
        train -j "$j" <train.st | cmp - base.st
    done
    stream-cut 7,0,1 <train.st | train | cmp - base.st
}

@test "defaults are those that --help prints" {
    # widths and blocks would take long
    resnet-train -q --widths 4,8 --blocks 0,1 -e 1 <train.st >defaults.st
    train -t label --downsample pool --blocks 0,1 -b 256 --lr 0.05 --momentum 0.9 --weight-decay 0.0005 \
        --label-smoothing 0.2 --schedule triangle --warmup 0.2 --final-lr 0 --translate 2 --flip alternate --cutout 0 \
        --average ema --average-decay 0.95 --init dirac --bn-scale fixed --bn-bias-lr 64 --initial-lr 0.01 \
        --optimizer muon --muon-lr 0.11 --muon-momentum 0.6 --stem whiten --activation celu -s 1 -j 0 <train.st |
        cmp - defaults.st
    local row
    for row in "--widths .*default 32,64,256" "--blocks .*default 0,1,2" "--epochs .*default 14" \
        "--batch .*default 256" \
        "--downsample .*default pool" "--stem .*default whiten" "--bn-scale .*default fixed" \
        "--average .*default ema"; do
        resnet-train --help | grep -e "$row"
    done
}

@test "every option has an effect" {
    local option
    for option in "--batch 20" "--lr 0.01" "--warmup 0" "--crop 2" "--flip none" "--flip random" "--cutout 9" \
        "--translate 4" "--seed 2" "--average ema" "--init dirac" "--bn-scale fixed" "--bn-bias-lr 8" \
        "--initial-lr 0.3" "--sizes 20" "--optimizer sgd" "--stem whiten" "--label-smoothing 0.3" \
        "--weight-decay 0.5"; do
        # shellcheck disable=SC2086 # the option and its value
        train $option <train.st >other.st
        if cmp -s other.st base.st; then flunk "$option: the same model"; fi
    done
    train -b 20 <train.st >steps.st # more than one step, so that these have an effect
    for option in "--momentum 0" "--schedule cosine" "--final-lr 0.5" \
        "--average lookahead --average-decay 0.5"; do
        # shellcheck disable=SC2086
        train -b 20 $option <train.st >other.st
        if cmp -s other.st steps.st; then flunk "$option: the same model"; fi
    done
}

@test "widths and blocks make the network" {
    train --widths 3,5,20 --blocks 1,2,1 <train.st >deep.st
    holds "$(tensor-ls deep.st | tr -s ' ')" "layer2.1.conv2.weight F32 [5,5,3,3]"
    holds "$(tensor-ls deep.st | tr -s ' ')" "layer3.0.conv1.weight F32 [20,5,3,3]"
    holds "$(tensor-ls deep.st | tr -s ' ')" "fc.weight F32 [10,20]"
    equal "$(tensor-ls deep.st | grep -c downsample.0.weight)" 2
}

@test "stages that pool" {
    train --downsample pool --widths 4,8,6 --blocks 0,1,0 --val val.st <train.st >pool.st
    train --downsample pool --widths 4,8,6 --blocks 0,1,0 --val val.st -j 2 <train.st | cmp - pool.st
    equal "$(about pool.st downsample) $(about base.st downsample) $(about pool.st blocks)" "pool stride 0,1,0"
    equal "$(tensor-ls pool.st | awk '$2 == "F32" { print $1 }' | grep -v bn)" "conv1.weight
fc.bias
fc.weight
layer2.0.conv1.weight
layer2.0.conv2.weight
layer2.pool.conv.weight
layer3.pool.conv.weight"
    resnet-embed -q -m pool.st -e prediction,loss <val.st | tensor-tsv label prediction >rows.tsv
    awk -v want="$(about pool.st val_accuracy)" '{ right += $1 == $2 } END { exit right / NR != want }' rows.tsv
    train_misused "--downsample: 'mean' is none of stride, pool" --downsample mean <train.st
    train_misused "there is no such network: blocks: 0 (1 to 64 in each stage)" --blocks 1,0 <train.st
    train_misused "blocks: 0 in all (1 to 64)" --downsample pool --widths 4 --blocks 0 <train.st
    train --downsample pool --checkpoint pool-state.st <train.st >out.st
    train_fails "downsample" --downsample stride --resume pool-state.st <train.st
}

@test "a learning rate of 0 leaves the weights as they began" {
    train --optimizer sgd --lr 0 <train.st >still.st
    train --optimizer sgd --lr 0 -e 2 -b 7 <train.st >longer.st
    # only the running statistics, the counts and what is said of the run differ
    stream-compare still.st longer.st 2>differ || true
    if grep -v "running\|num_batches_tracked\|metadata" differ; then flunk "weights moved"; fi
    grep -q "num_batches_tracked" differ
}

@test "the log: epochs, steps, and the rate by its schedule" {
    train --log log.tsv <train.st | cmp - base.st
    equal "$(head -n 1 log.tsv | tr '\t' ' ')" "epoch step rate train_loss train_accuracy val_loss val_accuracy seconds"
    local name first second
    while read -r name first second; do
        # 15 rows a step: 4 steps an epoch; the last of each are at 3/8 and 7/8 of the run
        train -e 2 -b 15 --lr 0.1 --warmup 0 --schedule "$name" --log log.tsv <train.st >out.st
        equal "$(column epoch log.tsv | xargs) $(column step log.tsv | xargs)" "1 2 4 8"
        equal "$(column rate log.tsv | xargs)" "$first $second"
    done <<<"triangle 0.0625 0.0125
cosine 0.0691342 0.00380602
constant 0.1 0.1"
    train -e 2 -b 15 --lr 0.1 --warmup 0 --final-lr 0.5 --log log.tsv <train.st >out.st
    equal "$(column rate log.tsv | xargs)" "0.08125 0.05625"
    train -e 2 -b 15 --lr 0.1 --warmup 0.5 --log log.tsv <train.st >out.st
    equal "$(column rate log.tsv | xargs)" "0.07525 0.025"
    train -e 2 -b 15 --lr 0.1 --warmup 1 --log log.tsv <train.st >out.st
    equal "$(column rate log.tsv | xargs)" "0.038125 0.087625"
    equal "$(column val_loss log.tsv | xargs)" "nan nan"
}

@test "the epoch with the least validation error is kept, and the model says which" {
    train -e 4 --label-smoothing 0.3 --val val.st --log log.tsv <train.st >best.st
    equal "$(column epoch log.tsv | wc -l)" 4
    local want
    want=$(awk 'NR > 1 && (NR == 2 || $7 > a || ($7 == a && $6 < l)) { e = $1; a = $7; l = $6 }
        END { print e, a, l }' log.tsv)
    equal "$(about best.st epoch) $(about best.st val_accuracy) $(about best.st val_loss)" "$want"
    # its figures are those that resnet-embed finds, which knows of no label smoothing
    resnet-embed -q -m best.st -e prediction,loss <val.st | tensor-tsv label prediction loss >rows.tsv
    awk -v want="$want" 'BEGIN { split(want, w, " ") }
        { right += $1 == $2; loss += $3 }
        END { if (right / NR != w[2] || (loss / NR - w[3]) ^ 2 > 1e-10) exit 1 }' rows.tsv
}

# near GOT WANT: two figures of a log; sums in another order round otherwise.
near() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !((a - b) ^ 2 < 4e-12) }' || flunk "$1 is not $2"
}

# With a rate of 0 and images as they are, the loss of an epoch tells which rows came, and in which batches.
still() {
    train --optimizer sgd --lr 0 --flip none --crop 0 "$@"
}

@test "each epoch has an order of its own" {
    still -e 3 -b 40 --log log.tsv <train.st >out.st # 40 of the 60 rows: others each time
    equal "$(column train_loss log.tsv | sort -u | wc -l)" 3
    still -e 2 -b 60 --log log.tsv <train.st >out.st # all of them
    local losses
    mapfile -t losses < <(column train_loss log.tsv)
    near "${losses[0]}" "${losses[1]}"
}

@test "figures of an epoch are means over the rows that came" {
    local images labels
    images=$(yes "$(seq -s , 1 2 96)" | head -n 60 | paste -sd ,)
    labels=0,$(yes 1 | head -n 59 | paste -sd ,) # there must be two; one row of 60 hardly matters
    stream-make image:U8:60,3,4,4="$images" label:I64:60="$labels" >same.st
    still -b 20 --log all.tsv <same.st >out.st
    still -b 40 --log some.tsv <same.st >out.st # 40 of 60
    paste <(column train_loss all.tsv) <(column train_loss some.tsv) <(column train_accuracy all.tsv) \
        <(column train_accuracy some.tsv) |
        awk '$1 < 0.01 || ($1 / $2 - 1) ^ 2 > 0.01 || ($3 - $4) ^ 2 > 0.01 { print; exit 1 }'
}

@test "flips that alternate: every other epoch shows the same sides" {
    local losses
    still --flip alternate -e 4 -b 60 --log log.tsv <train.st >out.st
    mapfile -t losses < <(column train_loss log.tsv)
    near "${losses[0]}" "${losses[2]}"
    near "${losses[1]}" "${losses[3]}"
    awk -v a="${losses[0]}" -v b="${losses[1]}" 'BEGIN { exit !((a - b) ^ 2 > 1e-10) }' || flunk "${losses[*]}"
}

@test "images grow in the epochs that are asked for" {
    local first=() second=()
    still -e 4 -b 60 --sizes 12,32 --size-epochs 3,1 --log log.tsv <train.st >out.st
    mapfile -t first < <(column train_loss log.tsv)
    still -e 4 -b 60 --sizes 12,32 --size-epochs 1,3 --log log.tsv <train.st >out.st
    mapfile -t second < <(column train_loss log.tsv)
    near "${first[0]}" "${first[1]}"
    near "${first[0]}" "${first[2]}"
    near "${first[0]}" "${second[0]}"
    near "${first[3]}" "${second[1]}"
    near "${first[3]}" "${second[2]}"
    near "${first[3]}" "${second[3]}"
    awk -v a="${first[0]}" -v b="${first[3]}" 'BEGIN { exit !((a - b) ^ 2 > 1e-10) }' || flunk "${first[*]}"
}

@test "images are normalised by the mean and deviation of all of them" {
    # two thirds black, the last third white
    { stream-make image:U8:1000,3,2,2=zero label:I64:1000="$(yes 0,1 | head -n 500 | paste -sd ,)" &&
        stream-make image:U8:500,3,2,2="$(yes 255 | head -n 6000 | paste -sd ,)" \
            label:I64:500="$(yes 1 | head -n 500 | paste -sd ,)"; } >dark.st
    train <dark.st >dark-model.st
    local key want
    while read -r key want; do
        about dark-model.st "$key" | tr ',' '\n' |
            awk -v want="$want" '($1 - want) ^ 2 > 1e-12 { wrong = 1 } END { exit wrong || NR != 3 }' ||
            flunk "$key: $(about dark-model.st "$key")"
    done <<<$'mean 0.3333333\nstd 0.4714045'
}

@test "a stage that halves has a projection, also where its width is that before" {
    train --widths 8,8 -b 20 <train.st >equal.st
    holds "$(tensor-ls equal.st | tr -s ' ')" "layer2.0.downsample.0.weight F32 [8,8,1,1]"
    equal "$(tensor-ls equal.st | grep -c 'downsample.0.weight')" 1
    resnet-embed -q -m equal.st -e prediction <val.st >out.st
}

@test "Muon: the same bytes for any number of threads; its options have an effect" {
    train -b 20 --optimizer muon <train.st >muon.st
    local option
    for option in "-j 2" "--muon-lr 0.11" "--muon-momentum 0.6"; do
        # shellcheck disable=SC2086 # the option and its value
        train -b 20 --optimizer muon $option <train.st | cmp - muon.st
    done
    for option in "--muon-lr 0.1" "--muon-momentum 0"; do
        # shellcheck disable=SC2086
        if train -b 20 --optimizer muon $option <train.st | cmp -s - muon.st; then flunk "$option: the same"; fi
    done
}

@test "a stem that whitens stays as it is" {
    train --stem whiten --optimizer sgd --lr 0 <train.st >still.st
    train --stem whiten -b 10 <train.st >moved.st
    train --stem whiten -b 10 -j 2 <train.st | cmp - moved.st
    stream-compare still.st moved.st 2>differ || true
    if grep "conv1.weight" differ | grep -v layer; then flunk "the stem moved"; fi
    equal "$(grep -c "conv[12].weight" differ)" 4
    grep -q " bn1.bias" differ
}

@test "images that grow" {
    train -e 4 --sizes 12,32 --size-epochs 2,2 --val val.st <train.st >grown.st
    train -e 4 --sizes 12,32 --val val.st -j 2 <train.st | cmp - grown.st
    train -e 5 --sizes 12,32 --size-epochs 2,3 <train.st >grown.st # what does not divide goes to the later sizes
    train -e 5 --sizes 12,32 <train.st | cmp - grown.st
    train -e 2 --sizes 32 <train.st >whole.st
    train -e 2 <train.st | cmp - whole.st
    # the size changes neither the order nor the weights: an epoch of each sort, one after the other
    train --optimizer sgd --lr 0 --sizes 9 <train.st >small.st
    equal "$(about small.st height) $(about small.st width)" "32 32"
    train --optimizer sgd --lr 0 <train.st >still.st
    if cmp -s small.st still.st; then flunk "the statistics are those of whole images"; fi
    stream-make image:U8:8,3,6,10=zero label:I64:8=0,1,0,1,0,1,0,1 | train --sizes 1,3,6 -e 3 >wide.st
    equal "$(about wide.st width)" 10
}

@test "scales of batch norms that stay, biases that go" {
    train --optimizer sgd --lr 0 <train.st >still.st
    train -b 10 --bn-scale fixed <train.st >fixed.st
    stream-compare still.st fixed.st 2>differ || true
    if grep "bn[12].weight\|downsample.1.weight" differ; then flunk "scales moved"; fi
    equal "$(grep -c "bn[12].bias\|downsample.1.bias" differ)" 6
    stream-compare still.st base.st 2>differ || true
    equal "$(grep -c "bn[12].weight\|downsample.1.weight" differ)" 6
}

@test "an average that forgets at once is the weights themselves" {
    train -b 20 -e 3 --val val.st <train.st >plain.st
    train -b 20 -e 3 --val val.st --average ema --average-decay 0 <train.st | cmp - plain.st
}

@test "what is validated and written is the average" {
    local how
    for how in ema lookahead; do
        train -b 20 -e 3 --val val.st --average "$how" <train.st >mean.st
        resnet-embed -q -m mean.st -e prediction <val.st | tensor-tsv label prediction >rows.tsv
        awk -v want="$(about mean.st val_accuracy)" '{ right += $1 == $2 } END { exit right / NR != want }' rows.tsv
        train -j 2 -b 20 -e 3 --val val.st --average "$how" <train.st | cmp - mean.st
    done
}

@test "validation does not change what is trained, nor what is written after one epoch" {
    local how
    for how in none ema lookahead; do
        train -b 15 --average "$how" <train.st >alone.st
        train -b 15 --average "$how" --val val.st <train.st >validated.st
        stream-compare alone.st validated.st 2>differ || true
        if grep -v metadata differ; then flunk "--average $how: without validation the model is another"; fi
    done
}

@test "another seed begins with other weights" {
    train --optimizer sgd --lr 0 <train.st >still.st
    train --optimizer sgd --lr 0 -s 2 <train.st >seed.st
    stream-compare still.st seed.st 2>differ || true
    equal "$(grep -c "conv[12].weight\|fc.weight\|downsample.0.weight" differ)" 7
}

@test "what it says, and -q" {
    resnet-train "${plain[@]}" --val val.st <train.st 2>said >out.st
    grep -q "^resnet-train: epoch 1/1: loss .* accuracy .* %; validation .* images/s$" said
    grep -q "^resnet-train: epoch 1 of 1 chosen: validation loss " said
    resnet-train "${plain[@]}" <train.st 2>said >out.st
    equal "$(wc -l <said)" 1
    resnet-train "${plain[@]}" -q --val val.st <train.st 2>said >out.st
    equal "$(cat said)" ""
}

@test "the target rotation, with the turns of an image in one batch" {
    train -t rotation --log log.tsv -b 11 <turned.st >out.st
    equal "$(about out.st task) $(about out.st classes)" "rotation 0,90,180,270"
    holds "$(tensor-ls out.st | tr -s ' ')" "fc.weight F32 [4,8]"
    equal "$(column step log.tsv)" 30 # 240 rows, 8 in a batch of at most 11: two images in their four turns
    train_misused "--batch: 3 rows hold no whole group of 4" -t rotation -b 3 <turned.st
    rotate-aug --random 1 <train.st | train -t rotation >random.st
    equal "$(about random.st task)" rotation
    train <turned.st >out.st # turned images may be told apart by label as well
    equal "$(about out.st task)" label
}

@test "a network learns: the loss of what it has seen falls" {
    resnet-train -q "${plain[@]}" --widths 8,16 -e 12 -b 20 --lr 0.05 --crop 0 --flip none --log log.tsv <train.st \
        >out.st
    awk -F '\t' 'NR == 2 { first = $4 } END { if (!($4 < 0.85 * first)) exit 1 }' log.tsv ||
        flunk "the loss went from $(column train_loss log.tsv | xargs)"
}

@test "classes without names, and more classes than were seen" {
    stream-make image:U8:6,3,5,4=random1 label:I64:6=0,1,0,2,1,0 | train >out.st
    equal "$(about out.st classes)|$(about out.st source)" "|"
    holds "$(tensor-ls out.st | tr -s ' ')" "fc.weight F32 [3,8]"
    equal "$(about out.st height) $(about out.st width)" "5 4"
    stream-make image:U8:6,3,5,4=random1 label:I64:6=0,1,0,1,1,0 @classes=a,b,c,d | train >out.st
    holds "$(tensor-ls out.st | tr -s ' ')" "fc.weight F32 [4,8]"
}

@test "--activation is used, and named in the model" {
    train --activation relu <train.st | cmp - base.st
    train --activation celu <train.st >celu.st
    equal "$(about celu.st activation)" celu
    train -j 2 --activation celu <train.st | cmp - celu.st
    negative() { # whether a model has features below 0
        resnet-embed -q -m "$1" -e feature <val.st | tensor-tsv feature |
            awk '{ for (i = 1; i <= NF; i++) negative += $i < 0 } END { print (negative > 0 ? "yes" : "no") }'
    }
    equal "$(negative base.st) $(negative celu.st)" "no yes"
    train_misused "--activation: 'tanh' is none of relu, celu" --activation tanh <train.st
    train --activation celu --checkpoint celu-state.st <train.st >out.st
    cmp out.st celu.st
    train_fails "activation" --resume celu-state.st <train.st
}

@test "training that diverges stops and says where" {
    train_fails "not finite" -e 9 --lr 1000 --warmup 0 -b 10 --log diverged.tsv <train.st
    # the log holds the epochs before
    equal "$(sed -n '$=' diverged.tsv)" "$(sed 's/.*epoch \([0-9]*\),.*/\1/' "$BATS_TEST_TMPDIR/stderr")"
    equal "$(awk -F '\t' 'NF != 8' diverged.tsv)" ""
    train -e 9 --lr 1000 --warmup 0 -b 10 2>said <train.st >out.st || true
    grep -q "^resnet-train: epoch [1-9], step [1-9].*, first the [a-z ]* of [a-z0-9.]*; a lower learning rate may" said
    equal "$(wc -c <out.st)" 0
    # the last good state is kept, and leads to the same place
    train_fails "; the last good state is in diverged.st" -e 9 --lr 1000 --warmup 0 -b 10 --checkpoint diverged.st \
        --checkpoint-every 1 <train.st
    equal "$(tensor-ls -v diverged.st | grep -c 'not finite')" 0
    train -e 9 --lr 1000 --warmup 0 -b 10 --resume diverged.st 2>again <train.st >out.st || true
    equal "$(cut -d ';' -f 1 again)" "$(cut -d ';' -f 1 said)"
}

@test "validation that is not finite stops the run and says where" {
    # a step that is far too long leaves weights that are finite, but whose product over many layers is not
    local far=("--blocks=16,1" -e 2 -b 60 --optimizer sgd --lr 1000 --warmup 0 --val val.st)
    train_fails "epoch 1, step 1: the validation loss is not finite after it, first the activations of layer1." \
        "${far[@]}" --log overflown.tsv --checkpoint overflown.st <train.st
    equal "$(wc -l <overflown.tsv)" 1 # no epoch was done
    train "${far[@]}" 2>said <train.st >out.st || true
    grep -q "first the activations of layer1.[0-9]*; a lower learning rate may help$" said
    equal "$(wc -c <out.st)" 0
    equal "$(tensor-ls -v overflown.st | grep -c 'not finite')" 0
    equal "$(tensor-pick --fields step <overflown.st | tensor-tsv step)" 0
}

# A run of 6 epochs of 8 steps, with validation. No function: what is put in the background must be the program itself,
# so that the signal meets it and not a shell.
# shellcheck disable=SC2054 # the commas are of the options
steady=(resnet-train -q "${plain[@]}" -e 6 -b 7 --val val.st)

# The step of the checkpoint, where there is one.
reached() {
    [ ! -e state.st ] || tensor-pick --fields step <state.st | tensor-tsv step
}

# same_run MODEL LOG: as the run that was not stopped; the seconds of a log are never the same.
same_run() {
    cmp "$1" steady.st
    equal "$(cut -f 1-7 "$2")" "$(cut -f 1-7 steady.tsv)"
}

# The run that was not stopped, and wrote no checkpoint.
whole_run() {
    [ -e steady.st ] || "${steady[@]}" --log steady.tsv <train.st >steady.st
}

# begins LOG WHOLE [EPOCHS]: LOG has the first lines of WHOLE, those of so many epochs.
begins() {
    local lines
    lines=$(wc -l <"$1")
    [ -z "${3:-}" ] || equal "$lines" $(($3 + 1))
    cmp <(cut -f 1-7 "$1") <(head -n "$lines" "$2" | cut -f 1-7)
}

@test "the log is written as epochs end, and stays where the run is killed" {
    # shellcheck disable=SC2054 # the commas are of the options
    local pid size wide=(resnet-train -q "${plain[@]}" --widths 8,32 -e 3 -b 20 --val val.st)
    "${wide[@]}" --log whole.tsv --checkpoint state.st <train.st >wide.st
    size=$(wc -c <state.st)
    [ "$size" -gt 65536 ] # more than a pipe holds: the run waits for its reader
    # of the checkpoints before the first step and after each epoch, two are read, and the third waits
    mkfifo states
    echo old >log.tsv
    "${wide[@]}" --log log.tsv --checkpoint states <train.st >out.st &
    pid=$!
    exec 5<>states # both ways, so that it never ends between two
    head -c "$size" <&5 >state.st
    head -c "$size" <&5 >state.st
    for ((i = 0; i < 1200; i++)); do
        [ "$(wc -l <log.tsv)" -lt 3 ] || break
        sleep 0.05
    done
    kill -0 "$pid"
    begins log.tsv whole.tsv 2
    kill -KILL "$pid"
    wait "$pid" || true
    exec 5<&-
    begins log.tsv whole.tsv 2
    # the state after the first epoch knows one line; what the file held besides is written anew
    mkfifo later-states
    "${wide[@]}" --log log.tsv --checkpoint later-states --resume state.st <train.st >out.st &
    pid=$!
    exec 5<>later-states
    head -c "$size" <&5 >first.st
    head -c 1 <&5 >byte
    begins log.tsv whole.tsv 2
    head -c $((2 * size - 1)) <&5 >rest.st
    wait "$pid"
    exec 5<&-
    cmp out.st wide.st
    begins log.tsv whole.tsv 3
}

@test "a log that stood there stays where a run is refused" {
    local before
    echo "of another run" >old.tsv
    before=$(cksum <old.tsv)
    train -e 2 --log old-state.tsv --checkpoint state.st <train.st >out.st
    train_misused "--blocks: 3 values" --log old.tsv --blocks 1,1,1 <train.st
    train_misused "--sizes: 33" --log old.tsv --sizes 33 <train.st
    train_misused "--lr: '-1'" --log old.tsv --lr -1 <train.st
    train_fails "no rows" --log old.tsv </dev/null
    train_fails "nowhere.st" --log old.tsv --val nowhere.st <train.st
    train_fails "--lr is 0.25" -e 2 --log old.tsv --lr 0.25 --resume state.st <train.st
    train_fails "base.st: this is not a checkpoint" --log old.tsv --resume base.st <train.st
    stream-poke step 0 1e6 <state.st >bad.st
    train_fails "bad.st: step 1000000" -e 2 --log old.tsv --resume bad.st <train.st
    train_fails "no/such/state.st: cannot be written" --log old.tsv --checkpoint no/such/state.st <train.st
    equal "$(cksum <old.tsv)" "$before"
    train_fails "--lr is 0.25" -e 2 --log new.tsv --lr 0.25 --resume state.st <train.st
    [ ! -e new.tsv ]
    # nor is a checkpoint replaced where the log cannot be written
    before=$(cksum <state.st)
    train_fails "no/such/log.tsv: cannot be written: No such file" --log no/such/log.tsv --checkpoint state.st <train.st
    train_fails "data: cannot be written: Is a directory" --log data --checkpoint state.st <train.st
    equal "$(cksum <state.st)" "$before"
}

@test "a checkpoint changes nothing, and holds the state by name" {
    whole_run
    local every
    for every in 0 1 3 1000; do
        "${steady[@]}" --log log.tsv --checkpoint state.st --checkpoint-every "$every" <train.st >out.st
        same_run out.st log.tsv
    done
    equal "$(tensor-ls state.st | awk '/^[a-z]/ { print $1 }' | sort | xargs)" \
        "batches best.running best.weights epoch.loss epoch.right log momentum running seconds step weights"
    equal "$(about state.st "--lr") $(about state.st "--widths") $(about state.st architecture)" "0.2 4,8 checkpoint"
    equal "$(reached)" 48
    # a run that was done when it was stopped has only its model to write
    "${steady[@]}" --log log.tsv --resume state.st <train.st >out.st
    same_run out.st log.tsv
}

@test "a run that is killed after any step and goes on ends with the same bytes" {
    whole_run
    local step pid at
    for step in 0 1 7 8 13 31 40; do
        rm -f state.st
        "${steady[@]}" --log log.tsv --checkpoint state.st --checkpoint-every 1 <train.st >out.st &
        pid=$!
        until at=$(reached) && [ "${at:--1}" -ge "$step" ]; do
            kill -0 "$pid" 2>/dev/null || break # done already: then only the model is written again
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        at=$(reached)
        "${steady[@]}" --log log.tsv -j 2 --checkpoint state.st --resume state.st <train.st >out.st ||
            flunk "after step $at"
        same_run out.st log.tsv || flunk "killed after step $at"
        equal "$(find . -name '*.tale.tmp')" "" # what the killed run left is gone
    done
}

# states OPTION...: every state that a run writes, one after the other, in states.st. A pipe takes them as they come.
states() {
    { "$@" --checkpoint /dev/fd/3 <train.st >out.st; } 3>&1 | cat >states.st
}

# The steps of states.
steps() {
    tensor-pick --fields step | tensor-tsv step | xargs
}

# state N: the Nth of states.st, from 0; all of a run are of one size.
state() {
    local size
    size=$(($(wc -c <states.st) / $(steps <states.st | wc -w)))
    tail -c +$(($1 * size + 1)) states.st | head -c "$size"
}

@test "--checkpoint-every counts the steps of the run, and each epoch ends with a state" {
    states train -e 3 -b 15 --checkpoint-every 3
    equal "$(steps <states.st)" "0 3 4 6 8 9 12"
    states train -e 3 -b 15
    equal "$(steps <states.st)" "0 4 8 12"
}

@test "seconds are of all parts of a run" {
    states train -e 3 -b 15
    state 1 | stream-poke seconds 0 1000 >later.st
    train -e 3 -b 15 --log log.tsv --resume later.st --checkpoint state.st <train.st >out.st
    equal "$(column seconds log.tsv | awk '{ print (NR > 1) == ($1 >= 1000 && $1 < 1900) }' | xargs)" "1 1 1"
    equal "$(tensor-pick --fields seconds <state.st | tensor-tsv seconds | awk '{ print ($1 >= 1000 && $1 < 1900) }')" 1
}

# chosen LOSSES ACCURACIES: the epoch, its accuracy and its loss in the model of a run with these figures of validation,
# put into the log of a run that is done.
chosen() {
    local row=0 loss accuracy
    cp done.st told.st
    while read -r loss accuracy; do
        stream-poke log $((8 * row + 5)) "$loss" <told.st | stream-poke log $((8 * row + 6)) "$accuracy" >poked.st
        mv poked.st told.st
        row=$((row + 1))
    done < <(paste <(xargs -n 1 <<<"$1") <(xargs -n 1 <<<"$2"))
    train -e 4 --val val.st --resume told.st <train.st >out.st
    echo "$(about out.st epoch) $(about out.st val_accuracy) $(about out.st val_loss)"
}

@test "the best epoch: by accuracy, then by loss, then the first" {
    train -e 4 --val val.st --checkpoint done.st <train.st >out.st
    equal "$(chosen "0.5 0.2 0.9 0.4" "0.1 0.2 0.4 0.3")" "3 0.400000 0.900000"
    equal "$(chosen "0.1 0.6 0.5 0.7" "0.1 0.5 0.5 0.5")" "3 0.500000 0.500000"
    equal "$(chosen "0.9 0.5 0.5 0.5" "0.5 0.5 0.5 0.5")" "2 0.500000 0.500000"
    equal "$(chosen "0.5 0.5 0.5 0.5" "0.5 0.5 0.5 0.5")" "1 0.500000 0.500000"
    # black images give the same for ever, whatever the weights: the first epoch's stay
    stream-make image:U8:8,3,4,4=zero label:I64:8=0,1,0,1,0,1,0,1 >black.st
    train --optimizer sgd --lr 0 -e 3 --val black.st <black.st >out.st
    equal "$(about out.st epoch)" 1
    train --optimizer sgd --lr 0 -e 1 --val black.st <black.st >first.st
    stream-compare out.st first.st 2>differ || true
    if grep -v "metadata\|num_batches_tracked" differ; then flunk "the weights are of another epoch"; fi
}

@test "averages of the weights, sizes and Muon go on too" {
    local options kind pid
    for options in "--average=ema --sizes=16,32 --size-epochs=3,3" "--average=lookahead --optimizer=muon"; do
        # shellcheck disable=SC2206 # several options
        kind=($options)
        "${steady[@]}" "${kind[@]}" --log whole-average.tsv <train.st >average.st
        rm -f state.st
        "${steady[@]}" "${kind[@]}" --checkpoint state.st --checkpoint-every 1 <train.st >out.st &
        pid=$!
        until [ "$(reached)" -gt 12 ] 2>/dev/null; do
            kill -0 "$pid" 2>/dev/null || break
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        "${steady[@]}" "${kind[@]}" --log log.tsv --resume state.st <train.st | cmp - average.st
        equal "$(cut -f 1-7 log.tsv)" "$(cut -f 1-7 whole-average.tsv)"
        rm -f ./state.st.*.tale.tmp
    done
}

@test "a run that is killed again and again, at random moments, ends with the same bytes" {
    whole_run
    local kills=0 pid
    rm -f state.st
    local on=()
    while :; do
        "${steady[@]}" --log log.tsv --checkpoint state.st --checkpoint-every 1 "${on[@]}" <train.st >out.st &
        pid=$!
        # longer and longer, so that it comes to an end on a busy machine too
        sleep "$(awk -v r=$RANDOM -v kills="$kills" 'BEGIN { print 0.01 + r / 32768 * (0.08 + 0.03 * kills) }')"
        kill -KILL "$pid" 2>/dev/null || true
        ! wait "$pid" || break
        kills=$((kills + 1))
        [ ! -e state.st ] || on=(--resume state.st)
        [ "$kills" -lt 200 ] || flunk "killed $kills times and not done"
    done
    [ "$kills" -gt 0 ] || flunk "it was never killed"
    same_run out.st log.tsv
    equal "$(find . -name '*.tale.tmp')" ""
}

@test "a run that is ended by a signal leaves its checkpoint and nothing half written" {
    whole_run
    local signal pid
    for signal in TERM HUP; do
        rm -f state.st ended.tsv
        "${steady[@]}" --log ended.tsv --checkpoint state.st --checkpoint-every 1 <train.st >out.st &
        pid=$!
        until [ -e ended.tsv ]; do kill -0 "$pid"; done # the log begins after the first checkpoint
        kill -"$signal" "$pid"
        ! wait "$pid" || flunk "$signal: it went on"
        equal "$(find . -name "*.tale.tmp")" ""
        begins ended.tsv steady.tsv
        "${steady[@]}" --log log.tsv --resume state.st <train.st >out.st
        same_run out.st log.tsv
    done
}

@test "a run goes on only as it was begun, and says what differs" {
    train -e 2 --average ema --val val.st --checkpoint good.st <train.st >out.st
    train -e 2 --checkpoint state.st <train.st >out.st
    train_fails "state.st: --lr is 0.25, but the run started with 0.2" -e 2 --lr 0.25 --resume state.st <train.st
    train_fails "state.st: --epochs is 1, but the run started with 2" --resume state.st <train.st
    train_fails "--widths is 4,9" -e 2 --widths 4,9 --resume state.st <train.st
    train_fails "--seed is 2" -e 2 -s 2 --resume state.st <train.st
    train_fails "state.st: training data is 20 rows" -e 2 --resume state.st <val.st
    train_fails "training data is 60 rows" -e 2 --resume state.st < <(tensor-pick --sort label <train.st)
    train_fails "training data is 60 rows" -e 2 --resume state.st \
        < <(stream-poke label 17 $((9 - $(tensor-tsv label <train.st | sed -n 18p))) <train.st)
    train -t rotation --checkpoint turned-state.st <turned.st >turned-out.st
    train_fails "training data is 240 rows" -t rotation --resume turned-state.st \
        < <(stream-poke rotation 7 0 <turned.st)
    train_fails "training data is 240 rows" -t rotation --resume turned-state.st < <(stream-set group=2 <turned.st)
    train_fails "validation data is 20 rows" -e 2 --val val.st --resume state.st <train.st
    train_fails "base.st: this is not a checkpoint" -e 2 --resume base.st <train.st
    train_fails "nowhere.st: cannot be opened" -e 2 --resume nowhere.st <train.st
    train_fails "frame 1" -e 2 --resume <(head -c 1000 state.st) <train.st
    train_fails "no/such/state.st: cannot be written" --checkpoint no/such/state.st <train.st
    fails "architecture 'checkpoint' is not known" resnet-embed -m state.st <val.st
    local poke
    for poke in "weights 5" "running 3" "momentum 0" "mean.weights 7" "best.weights 2" "best.running 1"; do
        # shellcheck disable=SC2086 # a field and an element
        stream-poke $poke nan <good.st >bad.st
        train_fails "bad.st: '${poke% *}' holds a value that is not finite (element ${poke#* })" -e 2 --average ema \
            --val val.st --resume bad.st <train.st
    done
    stream-poke log 3 nan <good.st >bad.st
    train_fails "bad.st: 'log': line 1 is not that of epoch 1 of this run" -e 2 --average ema --val val.st \
        --resume bad.st <train.st
    stream-poke log 8 7 <good.st >bad.st
    train_fails "bad.st: 'log': line 2 is not" -e 2 --average ema --val val.st --resume bad.st <train.st
    stream-poke epoch.loss 0 inf <good.st >bad.st
    train_fails "bad.st: the figures of the current epoch are not valid" -e 2 --average ema --val val.st \
        --resume bad.st <train.st
    stream-poke step 0 1e6 <good.st >bad.st
    train_fails "bad.st: step 1000000 (0 to " -e 2 --average ema --val val.st --resume bad.st <train.st
    stream-cut 7 <train.st >cut.st # what does not matter may differ: frames, threads
    train -e 2 -j 3 --resume state.st <cut.st | cmp - out.st
}

@test "streams that cannot be trained on" {
    train_fails "standard input: no rows" </dev/null
    train_fails "no rows" < <(stream-make image:U8:0,3,4,4=zero label:I64:0=zero)
    train_fails "image" < <(stream-make label:I64:2=0,1)
    train_fails "label" < <(stream-make image:U8:2,3,4,4=zero)
    train_fails "rotation" -t rotation <train.st
    train_fails "field 'image' has 1 channels (3 are needed)" < <(stream-make image:U8:2,1,4,4=zero label:I64:2=0,1)
    train_fails "images of 0 x 4 (1 to 4096 a side)" < <(stream-make image:U8:2,3,0,4=zero label:I64:2=0,1)
    train_fails "row 1 holds -1" < <(stream-make image:U8:2,3,4,4=zero label:I64:2=0,-1)
    train_fails "field 'rotation': row 0 holds 4 (0 to 3)" < <(stream-make image:U8:2,3,4,4=zero \
        label:I64:2=0,1 rotation:I64:2=4,0)
    train_fails "turned images of 3 x 4 (they must be square)" < <(stream-make image:U8:2,3,3,4=zero \
        label:I64:2=0,1 rotation:I64:2=1,0)
    train_fails "3 rows are not a whole number of groups of 2" < <(stream-make image:U8:3,3,4,4=zero label:I64:3=0,1,1 \
        @group=2)
    train_fails "metadata 'group' is 'two'" < <(stream-make image:U8:2,3,4,4=zero label:I64:2=0,1 @group=two)
    train_fails "field 'label' holds one class only (at least 2 are needed)" < <(stream-make image:U8:2,3,4,4=zero \
        label:I64:2=0,0)
    train_fails "field 'label' goes up to 2, but there are 2 classes (cat,dog)" < <(stream-make image:U8:2,3,4,4=zero \
        label:I64:2=0,2 @classes=cat,dog)
    train_fails "frame" < <(head -c 1000 train.st)
}

@test "validation data that do not fit" {
    stream-make image:U8:2,3,4,4=zero label:I64:2=0,1 >small.st
    stream-make image:U8:2,3,32,32=zero label:I64:2=0,10 >more.st
    train_fails "nowhere.st" --val nowhere.st <train.st
    train_fails "small.st: images of 4 x 4, but those to train on are 32 x 32" --val small.st <train.st
    train_fails "more.st: field 'label' goes up to 10, but there are 10 classes" --val more.st <train.st
    train_fails "val.st" --val val.st -t rotation <turned.st
    train_fails "no rows" --val /dev/null <train.st
}

@test "an output never takes the place of an input or of another output" {
    local before
    before=$(cksum <val.st)
    train_misused "--log: 'x' is the file of --checkpoint" --log x --checkpoint x <train.st
    train_misused "--log: './x' is the file of --checkpoint" --log ./x --checkpoint x <train.st
    train_misused "--checkpoint: 'val.st' is the file of --val" --checkpoint val.st --val val.st <train.st
    ln -s val.st val-link.st
    train_misused "--log: 'val-link.st' is the file of --val" --log val-link.st --val val.st <train.st
    train -e 1 --checkpoint state.st <train.st >out.st
    train_misused "--log: 'state.st' is the file of --resume" -e 1 --log state.st --resume state.st <train.st
    equal "$(cksum <val.st)" "$before"
    cp train.st own.st
    local option status
    for option in --log --checkpoint; do
        train_misused "$option: 'own.st' is the file of standard input" "$option" own.st <own.st
        status=0
        train "$option" model.st <train.st >model.st 2>said || status=$?
        equal "$status $(<said)" \
            "2 resnet-train: $option: 'model.st' is the file of standard output (see resnet-train --help)"
    done
    cmp own.st train.st
    train -e 1 --checkpoint state.st --resume state.st --log /dev/null <train.st | cmp - out.st
}

@test "options that do not fit" {
    misused "--blocks: 2 values, but --widths has 3" resnet-train --widths 4,4,4 --blocks 1,1 <train.st
    misused "too many stages (at most 8, 9 given)" resnet-train --widths 1,1,1,1,1,1,1,1,1 \
        --blocks 1,1,1,1,1,1,1,1,1 <train.st
    misused "blocks: 65 in all (1 to 64)" resnet-train --widths 4,4 --blocks 64,0 <train.st
    misused "--widths: '0' is not a whole number from 1 to 4096" resnet-train --widths 0 <train.st
    misused "--widths: '4097' is not" resnet-train --widths 4,4097 <train.st
    misused "--blocks: '65' is not a whole number from 0 to 64" resnet-train --blocks 65 <train.st
    train_misused "--epochs: '0' is not a whole number from 1 to 100000" -e 0 <train.st
    train_misused "--batch: '65537' is not a whole number from 1 to 65536" -b 65537 <train.st
    train_misused "--lr: '-1' is not a number from 0 to 1000" --lr -1 <train.st
    train_misused "--lr: 'nan' is not a number" --lr nan <train.st
    train_misused "--momentum: '1' is not a number from 0 to 0.9999" --momentum 1 <train.st
    train_misused "--weight-decay: '2' is not" --weight-decay 2 <train.st
    train_misused "--label-smoothing: '1.5' is not" --label-smoothing 1.5 <train.st
    train_misused "--warmup: '1.1' is not" --warmup 1.1 <train.st
    train_misused "--final-lr: '-0.1' is not" --final-lr -0.1 <train.st
    train_misused "--crop: '1025' is not" --crop 1025 <train.st
    train_misused "--cutout: '-1' is not" --cutout -1 <train.st
    train_misused "--translate: '-1' is not" --translate -1 <train.st
    train_misused "--crop: it replaces --translate" --translate 2 --crop 2 <train.st
    train_misused "--flip: 'twice' is none of random, alternate, none" --flip twice <train.st
    train_misused "--seed: '-1' is not" --seed -1 <train.st
    train_misused "--average: 'mean' is none of none, ema, lookahead" --average mean <train.st
    train_misused "--stem: 'black' is none of trained, whiten" --stem black <train.st
    train_misused "--optimizer: 'adam' is none of sgd, muon" --optimizer adam <train.st
    train_misused "--muon-lr: '-1' is not" --muon-lr -1 <train.st
    train_misused "--muon-momentum: '1' is not" --muon-momentum 1 <train.st
    train_misused "--sizes: '0' is not" --sizes 0 <train.st
    train_misused "--sizes: 33, but images are 32 high" --sizes 33 <train.st
    train_misused "--sizes: 2 values for 1 epochs" --sizes 20,32 <train.st
    train_misused "--size-epochs: 1 values, but --sizes has 2" -e 2 --sizes 20,32 --size-epochs 2 <train.st
    train_misused "--size-epochs: 3 epochs in all, but --epochs is 4" -e 4 --sizes 20,32 --size-epochs 2,1 <train.st
    train_misused "--init: 'ones' is none of random, dirac" --init ones <train.st
    train_misused "--bn-bias-lr: '-1' is not" --bn-bias-lr -1 <train.st
    train_misused "--initial-lr: '2' is not" --initial-lr 2 <train.st
    train_misused "--average-decay: '1' is not" --average-decay 1 <train.st
    train_misused "--schedule: 'square' is none of triangle, cosine, constant" --schedule square <train.st
    train_misused "--target: 'colour' is none of label, rotation" -t colour <train.st
    train_misused "--log: '-' is standard output" --log - <train.st
    train_misused "--checkpoint: '-' is standard output" --checkpoint - <train.st
    train_misused "--resume: '-' is standard input" --resume - <train.st
    train_misused "--checkpoint-every: 5 steps, but no --checkpoint" --checkpoint-every 5 <train.st
    train_misused "--checkpoint-every: '-1' is not" --checkpoint-every -1 --checkpoint state.st <train.st
    train_misused "too many operands (at most 0, 1 given)" val.st <train.st
}

@test "a log, a disk and a pipe that cannot be written to" {
    train_fails "no/such/log.tsv: cannot be written" --log no/such/log.tsv <train.st
    # before the first step
    train_fails "/dev/full: cannot be written: No space left on device" -e 9 --log /dev/full --checkpoint state.st \
        <train.st
    equal "$(reached)" 0
    full_disk train <train.st
    closed_pipe train <train.st
}

@test "gradients of whole networks are as exact as PyTorch's in single precision" {
    local status=0
    BUILD=$(dirname "$BIN") "$ROOT/tests/bench/train-accuracy" --networks tiny,odd,pool --batch 32 --steps 1 \
        --bound 1e-4 --times 3 || status=$?
    [ "$status" != 77 ] || skip "PyTorch is not installed for python3 (PYTHON names another)"
    [ "$status" == 0 ]
}
