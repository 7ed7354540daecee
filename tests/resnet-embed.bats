load helpers/common
load helpers/makers

# Data and two models for all tests: of labels (two blocks in the first stage), and of rotations.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cifar-synth -q --train 60 --test 23 data
    cifar-cat -q -s test data >test.st
    cifar-cat -q -s train --val 0 data | tee train.st | "$BIN/resnet-train" -q --widths 5,12 --blocks 2,1 -e 2 -b 20 \
        --lr 0.05 >label.st
    rotate-aug -q <train.st | "$BIN/resnet-train" -q -t rotation --widths 8 --blocks 1 -e 1 >rotation.st
    "$BIN/resnet-embed" -q -m label.st -e feature,logit,prediction,loss,fmap <test.st >all.st
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

embed() {
    resnet-embed -q -m label.st "$@"
}

fields() {
    tensor-ls "$1" | awk '$2 ~ /^(F32|I64|U8)$/ { print $1 $3 }' | sort | xargs
}

@test "the options that every program has" {
    common_options resnet-embed
}

@test "outputs are added to the rows" {
    embed <test.st >default.st
    equal "$(fields default.st)" "feature[23,12] image[23,3,32,32] index[23] label[23] logit[23,10] prediction[23]"
    equal "$(fields all.st)" \
        "feature[23,12] fmap[23,12,16,16] image[23,3,32,32] index[23] label[23] logit[23,10] loss[23] prediction[23]"
    embed -e logit <test.st >logit.st
    equal "$(fields logit.st)" "image[23,3,32,32] index[23] label[23] logit[23,10]"
    embed -e logit,feature,logit,prediction <test.st | cmp - default.st
    embed --emit feature,logit,prediction <test.st | cmp - default.st
}

@test "what comes in passes through" {
    equal "$(tensor-tsv label index <all.st)" "$(tensor-tsv label index <test.st)"
    equal "$(tensor-ls all.st | grep ^@ | grep -v ^@model=)" "$(tensor-ls test.st | grep ^@)"
    stream-make image:U8:3,3,32,32=random5 name:U8:3,2=1,2,3,4,5,6 half:F16:3=1,2,3 @own=kept >own.st
    embed -e prediction <own.st >out.st
    equal "$(tensor-ls out.st | grep -c '^name\|^half\|^image')" 3
    holds "$(tensor-ls out.st | grep ^@)" "@own=kept"
    # what it adds takes the place of what had that name
    embed <all.st >twice.st
    stream-compare twice.st all.st
}

@test "classes that are not the stream's are named" {
    stream-make image:U8:1,3,4,4=zero @classes=cat,dog >cats.st
    tiny fc.weight:F32:3,2=zero fc.bias:F32:3=0,2,1 @classes=0,90,180 >model.st
    equal "$(resnet-embed -m model.st <cats.st | tee out.st | tensor-tsv -N prediction)" 90
    equal "$(tensor-ls out.st | grep ^@ | grep -v ^@model=)" $'@classes=cat,dog\n@prediction_classes=0,90,180'
    # and those of another model later take their place
    tiny fc.weight:F32:3,2=zero fc.bias:F32:3=2,0,1 @classes=cat,dog,frog >model.st
    equal "$(resnet-embed -m model.st <out.st | tensor-tsv -N prediction)" cat
    equal "$(resnet-embed -m model.st -e logit <cats.st | tensor-ls | grep ^@c)" "@classes=cat,dog"
    # also where they are the stream's own
    tiny fc.weight:F32:2,2=zero fc.bias:F32:2=0,1 @classes=cat,dog >model.st
    equal "$(resnet-embed -m model.st <out.st | tee own.st | tensor-tsv -N prediction)" dog
    holds "@prediction_classes=cat,dog" "$(tensor-ls own.st | grep ^@prediction)"
    tiny >nameless.st
    equal "$(resnet-embed -m nameless.st <out.st | tensor-ls | grep ^@ | grep -v ^@model=)" "@classes=cat,dog"
    equal "$(resnet-embed -m nameless.st -e logit <out.st | tensor-ls | grep '^@.*classes')" \
        "$(tensor-ls out.st | grep '^@.*classes')"
}

@test "the outputs agree with each other" {
    # prediction: the largest logit; loss: -log softmax; feature: the mean of fmap
    tensor-tsv prediction label loss logit <all.st | awk '
        { best = 4; for (k = 4; k <= 13; k++) if ($k > $best) best = k
          sum = 0; for (k = 4; k <= 13; k++) sum += exp($k - $best)
          want = $best + log(sum) - $(4 + $2)
          if (best - 4 != $1 || ($3 - want) ^ 2 > 1e-10) exit 1 }'
    tensor-tsv feature fmap <all.st | awk '
        { for (c = 0; c < 12; c++) {
              sum = 0; for (p = 0; p < 256; p++) sum += $(13 + c * 256 + p)
              if ((sum / 256 - $(1 + c)) ^ 2 > 1e-10 || sum < 0) exit 1 } }'
}

@test "logit_scale scales whole logits, and what follows from them" {
    stream-make image:U8:5,3,4,4=random1 label:I64:5=0,1,2,1,0 >five.st
    tiny >plain.st
    tiny @logit_scale=0.25 >scaled.st
    resnet-embed -m plain.st -e logit,prediction <five.st | tensor-tsv prediction logit >want.tsv
    resnet-embed -m scaled.st -e logit,prediction,loss <five.st | tensor-tsv prediction logit label loss |
        paste want.tsv - | awk '
            { sum = 0; for (k = 2; k <= 4; k++) { sum += exp($k / 4); if (($(k + 4) - $k / 4) ^ 2 > 1e-11) exit 1 }
              if ($1 != $5 || ($10 - log(sum) + $(2 + $9) / 4) ^ 2 > 1e-11) exit 1 }
            END { if (NR != 5) exit 1 }'
}

@test "logit = fc.weight . feature + fc.bias" {
    tiny fc.weight:F32:3,2=1,2,-1,0.5,3,-2 >model.st
    stream-make image:U8:5,3,4,4=random1 | resnet-embed -m model.st | tensor-tsv feature logit | awk '
        function near(a, b) { return (a - b) ^ 2 < 1e-9 }
        !near($3, $1 + 2 * $2) || !near($4, -$1 + 0.5 * $2 + 1) || !near($5, 3 * $1 - 2 * $2 + 2) { exit 1 }'
}

@test "the features of any layer" {
    local layer
    for layer in conv1 layer1.0 layer1.1 layer1 layer2.0 layer2; do
        embed -e feature,logit -l "$layer" <test.st >"at-$layer.st"
        equal "$(tensor-tsv logit <"at-$layer.st")" "$(tensor-tsv logit <all.st)"
    done
    holds "$(fields at-conv1.st)" "feature[23,5]"
    holds "$(fields at-layer1.st)" "feature[23,5]"
    holds "$(fields at-layer2.st)" "feature[23,12]"
    cmp at-layer1.st at-layer1.1.st
    cmp at-layer2.st at-layer2.0.st
    equal "$(tensor-tsv feature <at-layer2.st)" "$(tensor-tsv feature <all.st)"
    if cmp -s at-layer1.0.st at-layer1.st; then flunk "the first and the second block are the same"; fi
    fails "label.st: no layer 'layer3' (conv1, layer1 ... layer2, or a block as layer1.0)" \
        resnet-embed -m label.st -l layer3 <test.st
    fails "no layer 'layer2.1'" resnet-embed -m label.st -l layer2.1 <test.st
    fails "no layer ''" resnet-embed -m label.st -l "" <test.st
}

@test "features on a grid: means over cells, channel by channel" {
    embed -e feature -g 1 <test.st >one.st
    embed -e feature <test.st | cmp - one.st
    embed -e feature --grid 2 <test.st >two.st
    equal "$(fields two.st)" "feature[23,48] image[23,3,32,32] index[23] label[23]"
    tensor-tsv feature <two.st >two.tsv
    tensor-tsv feature <one.st | paste - two.tsv | awk '
        { for (c = 1; c <= 12; c++) { # the mean of the cells is the mean
              at = 12 + 4 * c; d = ($at + $(at - 1) + $(at - 2) + $(at - 3)) / 4 - $c
              if (d * d > 1e-10) exit 1 } }'
    embed -e feature -g 3 -l layer1 -v mirror <test.st >views.st
    equal "$(fields views.st)" "feature[23,45] image[23,3,32,32] index[23] label[23]"
    local j
    for j in 1 2 3; do
        embed -j "$j" -b 7 -e feature -g 3 -l layer1 -v mirror <test.st | cmp - views.st
    done
    fails "label.st: --grid 17: the maps of the last layer have sides of 16 (at most that many cells a side)" \
        resnet-embed -m label.st -g 17 <test.st
    fails "--grid 33: the maps of conv1 have sides of 32" resnet-embed -m label.st -g 33 -l conv1 <test.st
    misused "--grid: '0' is not a whole number from 1 to 4096" resnet-embed -m label.st -g 0 <test.st
}

@test "neither threads, batch nor frames change the rows" {
    local j batch
    for j in 1 2 3; do
        embed -j "$j" -e feature,logit,prediction,loss,fmap <test.st | cmp - all.st
    done
    for batch in 1 7 23 500; do
        embed -b "$batch" -e feature,logit,prediction,loss,fmap <test.st | cmp - all.st
    done
    stream-cut 5,0,1 <test.st | embed -e feature,logit,prediction,loss,fmap >cut.st
    stream-compare cut.st all.st
    equal "$(tensor-ls --frames cut.st | grep -c '^# frame')" \
        "$(stream-cut 5,0,1 <test.st | tensor-ls --frames | grep -c '^# frame')"
}

@test "a stream without frames, and a frame without rows" {
    equal "$(embed </dev/null | wc -c)" 0
    stream-make image:U8:0,3,32,32=zero label:I64:0=zero | embed -e feature,loss,fmap >out.st
    equal "$(fields out.st)" "feature[0,12] fmap[0,12,16,16] image[0,3,32,32] label[0] loss[0]"
}

@test "the loss is that of the model's task" {
    rotate-aug <test.st | resnet-embed -q -m rotation.st -e loss,logit >out.st
    tensor-tsv rotation loss logit <out.st | awk '
        { sum = 0; for (k = 3; k <= 6; k++) sum += exp($k)
          if (($2 - log(sum) + $(3 + $1)) ^ 2 > 1e-10) exit 1 }'
    fails "rotation" resnet-embed -m rotation.st -e loss <test.st
    resnet-embed -q -m rotation.st <test.st >out.st # other outputs need no target
    fails "label" resnet-embed -m label.st -e loss < <(stream-make image:U8:2,3,32,32=zero)
    fails "row 1: its target is 10, but the model has 10 classes (0 to 9)" resnet-embed -m label.st -e loss \
        < <(stream-make image:U8:2,3,32,32=zero label:I64:2=9,10)
    fails "row 0: its target is -1" resnet-embed -m label.st -e loss \
        < <(stream-make image:U8:1,3,32,32=zero label:I64:1=-1)
}

@test "images other than the model was made for" {
    fails "standard input: images of 3 x 4 x 4, but the model was made for 3 x 32 x 32" resnet-embed -m label.st \
        < <(stream-make image:U8:1,3,4,4=zero)
    fails "images of 1 x 32 x 32" resnet-embed -m label.st < <(stream-make image:U8:1,1,32,32=zero)
    fails "image" resnet-embed -m label.st < <(stream-make label:I64:1=0)
    fails "image" resnet-embed -m label.st < <(stream-make image:F32:1,3,32,32=zero)
    fails "frame" resnet-embed -m label.st < <(head -c 1000 test.st)
    # rows that were whole before the fault have been written
    { stream-make image:U8:2,3,32,32=zero; echo; } | embed 2>said >out.st && flunk "a torn stream is no error"
    equal "$(tensor-tsv prediction <out.st | wc -l)" 2
}

@test "options that do not fit" {
    misused "-m: a model is needed" resnet-embed <test.st
    misused "--emit: 'logits' is none of feature, logit, prediction, loss, fmap" resnet-embed -m label.st -e logits \
        <test.st
    misused "--emit: '' is none of" resnet-embed -m label.st -e feature, <test.st
    misused "--batch: '0' is not a whole number from 1 to 65536" resnet-embed -m label.st -b 0 <test.st
    misused "too many operands" resnet-embed -m label.st all.st <test.st
}

@test "files that are no model" {
    refused() { # PART, with a stream as input
        cat >bad.st
        fails "bad.st: $1" resnet-embed -m bad.st <test.st
    }
    fails "nowhere.st: cannot be opened" resnet-embed -m nowhere.st <test.st
    tiny | cat >whole.st
    stream-make image:U8:1,3,4,4=zero | resnet-embed -q -m whole.st >out.st
    refused "the file is empty (a model is one frame)" </dev/null
    refused "this is not a model of this project (metadata 'architecture' is missing)" <test.st
    refused "architecture 'transformer' is not known ('resnet' is)" < <(tiny @architecture=transformer)
    refused "metadata 'activation': 'gelu' is not known ('relu' and 'celu' are)" < <(tiny @activation=gelu)
    refused "this is not a model of this project (metadata 'widths' is missing)" < <(tiny @widths-)
    refused "this is not a model of this project (metadata 'mean' is missing)" < <(tiny @mean-)
    refused "metadata 'widths': 'two' (at most 8 whole numbers from 1 to 4096)" < <(tiny @widths=two)
    refused "metadata 'widths': '5000'" < <(tiny @widths=5000)
    refused "metadata 'widths': '2.5' (at most 8 whole numbers" < <(tiny @widths=2.5)
    refused "metadata 'logit_scale': 'abc' (1 number from" < <(tiny @logit_scale=abc)
    refused "metadata 'logit_scale': 'nan' (1 number from" < <(tiny @logit_scale=nan)
    refused "metadata 'classes' names 2 classes, but fc.weight has 3 rows" < <(tiny @classes=a,b)
    refused "tensor 'bn1.running_var' holds -1 (a variance is at least 0)" < <(tiny bn1.running_var:F32:2=1,-1)
    refused "metadata 'widths': ''" < <(tiny @widths=2,)
    refused "metadata 'height': '0' (one whole number from 1 to 4096)" < <(tiny @height=0)
    refused "metadata 'blocks' and 'widths' differ in length (2 and 1)" < <(tiny @blocks=1,1)
    refused "metadata 'mean' has 2 numbers (3 are needed)" < <(tiny @mean=0.5,0.5)
    refused "metadata 'std': '0' (3 numbers from 1e-06" < <(tiny @std=0.25,0,0.25)
    refused "there is no such network: 1 classes (2 to 100000)" < <(tiny fc.weight:F32:1,2=1,2 fc.bias:F32:1=0)
    refused "field 'layer1.0.conv2.weight' is missing" < <(tiny layer1.0.conv2.weight-)
    refused "field 'fc.weight' is missing" < <(tiny fc.weight-)
    refused "tensor 'conv1.weight': dimension 0 is 3, but widths and blocks need 2" \
        < <(tiny conv1.weight:F32:3,3,3,3=random1)
    refused "tensor 'fc.bias': dimension 0 is 2, but" < <(tiny fc.bias:F32:2=0,0)
    refused "field 'bn1.bias'" < <(tiny bn1.bias:F64:2=0,0)
    refused "tensor 'bn1.running_mean' holds a value that is not finite" < <(tiny bn1.running_mean:F32:2=nan,0)
    refused "19 tensors, but widths and blocks need 17" < <(tiny more:F32:1=0 layer2.0.conv1.weight:F32:1=0)
    refused "more than one frame (a model is one)" < <(tiny && tiny)
    refused "" < <(head -c 500 label.st)
    # PyTorch's wrappers put a prefix before all names
    refused "tensor 'fc.weight' is missing, but 'module.fc.weight' is there (take the prefix 'module.' off all names)" \
        < <(tiny | tensor-pick --rename fc.weight=module.fc.weight)
    # a count of batches is no parameter: PyTorch writes it, others need not
    tiny bn1.num_batches_tracked:I64:=7 >counted.st
    stream-make image:U8:1,3,4,4=zero | resnet-embed -q -m counted.st | cmp - out.st
}

@test "a disk and a pipe that cannot be written to" {
    full_disk resnet-embed -m label.st <test.st
    closed_pipe resnet-embed -q -m label.st <test.st
}

# torch MODEL ROWS [LAYER [GRID]]: PyTorch loads the model with strict=True and computes what the rows hold.
torch() {
    local python status=0
    for python in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
        status=0
        PYTHONDONTWRITEBYTECODE=1 "$python" "$ROOT/tests/torch/compare.py" "$@" || status=$?
        [ "$status" == 77 ] || [ "$status" == 127 ] || return "$status"
    done
    skip "PyTorch is not installed for python3 (PYTHON names another)"
}

@test "PyTorch loads a model with strict=True and computes the same" {
    torch label.st all.st
    torch label.st at-layer1.0.st layer1.0
    torch label.st at-conv1.st conv1
    local grid
    for grid in 1 2 3 7 16; do # with cells that overlap
        embed -e feature -g "$grid" <test.st >grid.st
        torch label.st grid.st last "$grid"
    done
    embed -e feature -l layer1.0 -g 5 <test.st >grid.st
    torch label.st grid.st layer1.0 5
    rotate-aug <test.st | resnet-embed -q -m rotation.st -e feature,logit,prediction,loss,fmap >turned.st
    torch rotation.st turned.st
    resnet-train -q --widths 5,12 --blocks 2,1 -e 1 --activation celu <train.st >celu.st
    resnet-embed -q -m celu.st -e feature,logit,prediction,loss,fmap <test.st >celu-rows.st
    torch celu.st celu-rows.st
}

@test "a model that PyTorch wrote is read, and computes the same" {
    local status=0 python=${PYTHON:-/usr/bin/python3}
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/torch "$python" -c '
import sys
try:
    import torch
except ImportError:
    sys.exit(77)
import resnet
torch.manual_seed(1)
net = resnet.ResNet((3, 20), (1, 2), 7)
net.train()(torch.randn(8, 3, 9, 11))
about = {"architecture": "resnet", "widths": "3,20", "blocks": "1,2", "height": "9", "width": "11", "task": "label",
         "mean": "0.5,0.4,0.3", "std": "0.2,0.25,0.3"}
resnet.write_frame("torch.st", net.state_dict(), about)' || status=$?
    if [ "$status" == 77 ] || [ "$status" == 127 ]; then skip "PyTorch is not installed for $python"; fi
    stream-make image:U8:5,3,9,11=random3 label:I64:5=0,1,2,3,6 |
        resnet-embed -m torch.st -e feature,logit,prediction,loss,fmap >out.st
    torch torch.st out.st
}

@test "views: the mean over an image, its mirror image and their shifts" {
    embed -e feature,logit,prediction,loss,fmap -v none <test.st | cmp - all.st
    local views
    for views in mirror mirror+shift; do
        embed -e feature,logit,prediction,loss,fmap -v "$views" <test.st >views.st
        embed -j 2 -b 3 -e feature,logit,prediction,loss,fmap -v "$views" <test.st |
            cmp - views.st
        # all but the maps are others, and the layer's features too
        stream-compare all.st views.st 2>differ || true
        equal "$(grep -c "feature\|logit\|loss" differ)" 3
        if grep fmap differ; then flunk "the maps differ"; fi
        embed -e feature -l layer1 -v "$views" <test.st >layer.st
        if embed -e feature -l layer1 <test.st | cmp -s - layer.st; then
            flunk "the layer's features are the same"
        fi
    done
    fails "rotation.st: mirrored" resnet-embed -m rotation.st -v mirror <test.st
    misused "--views: 'all' is none of none, mirror, mirror+shift" resnet-embed -m label.st -v all <test.st
}
