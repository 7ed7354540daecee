# What each program does with each key of the metadata: the table of tensor-stream(5), row by row.
load helpers/common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cifar-synth -q --train 50 --test 20 set
    cifar-cat -q -s train --val 0 set >train.st
    rotate-aug <train.st >turned-train.st
    resnet-train -q -j 1 --widths 4 --blocks 1 -e 1 -b 16 <train.st >label.st
    resnet-train -q -j 1 --widths 4 --blocks 1 -e 1 -b 16 -t rotation <turned-train.st >rotation.st
    # a model whose classes have no names, and that is not asked for its task
    stream-set --bare <train.st >plain.st
    resnet-train -q -j 1 --widths 4 --blocks 1 -e 1 -b 16 <plain.st >unnamed.st
    # a stream with all keys, after some programs
    cifar-cat -q -s test set | rotate-aug | resnet-embed -q -m rotation.st --emit feature,fmap,prediction |
        cam-render -q -m rotation.st --map | stream-set note=kept other_classes=x,y probe_prediction_classes=p,q \
        knn_prediction_classes=p,q neighbor_label_classes=p,q >rows.st
    names=$(tensor-ls -m classes rows.st)
    model=$(tensor-ls -m model rows.st)
    all="cam_label_classes=0,90,180,270
classes=$names
group=4
knn_prediction_classes=p,q
model=$model
neighbor_label_classes=p,q
note=kept
other_classes=x,y
prediction_classes=0,90,180,270
probe_prediction_classes=p,q
source=cifar-synth (seed 1) test"
    export all names model
    equal "$(metadata <rows.st)" "$all"
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

metadata() {
    tensor-ls | sed -n 's/^@//p' | sort
}

# with KEY=VALUE...: the lines of `all` with these values.
with() {
    local pair words=()
    for pair; do
        words+=(-e "s/^${pair%%=*}=.*/$pair/")
    done
    sed "${words[@]}" <<<"$all"
}

# without KEY: the lines of `all` but for that key's.
without() {
    grep -v "^$1=" <<<"$all"
}

@test "cifar-cat sets classes and source" {
    equal "$(cifar-cat -q -s test set | metadata)" "classes=$names
source=cifar-synth (seed 1) test"
}

@test "rotate-aug: group is 4, or none with one turn of each" {
    equal "$(rotate-aug <rows.st | metadata)" "$all"
    equal "$(stream-set group- <rows.st | rotate-aug | metadata)" "$all"
    equal "$(rotate-aug --random 1 <rows.st | metadata)" "$(without group)"
}

@test "tensor-pick: rows that are chosen or ordered are no groups" {
    local options
    for options in "--rows 0-3" "-w rotation=0" "-w label=1" "-s label" "-s label -r" "-n 2 -p label" "-n 7" \
        "-s label -n 8" "-w rotation<4 -n 8"; do
        # shellcheck disable=SC2086 # the options are words
        equal "$options: $(tensor-pick $options <rows.st | metadata)" "$options: $(without group)"
    done
    # whole groups from the first on stay groups, however the stream is cut, and also where no row is left out
    for options in "-n 8" "-n 4" "-n 400" ""; do
        # shellcheck disable=SC2086
        equal "$options: $(stream-cut 3 <rows.st | tensor-pick $options | metadata | uniq)" "$options: $all"
    done
}

@test "tensor-pick: names of a field's classes go where the field goes" {
    equal "$(tensor-pick --drop prediction <rows.st | metadata)" "$(without prediction_classes)"
    equal "$(tensor-pick --fields label,cam_label <rows.st | metadata)" "$(without prediction_classes)"
    equal "$(tensor-pick --rename prediction=turn <rows.st | metadata)" \
        "$(sort <<<"${all/$'\n'prediction_classes/$'\n'turn_classes}")"
    equal "$(tensor-pick --rename index=number <rows.st | metadata)" "$all"
}

@test "tensor-pick --join takes over what the first stream lacks" {
    tensor-pick --fields index,label <rows.st | stream-set source=mine group- classes- prediction_classes- >first.st
    tensor-pick --fields label,prediction <rows.st >second.st
    equal "$(tensor-pick --join second.st <first.st | metadata)" \
        "$(without cam_label_classes | sed 's/^source=.*/source=mine/')"
}

@test "resnet-embed: prediction has the names of its model's classes, or none" {
    equal "$(resnet-embed -q -m rotation.st --emit feature <rows.st | metadata)" "$all"
    equal "$(resnet-embed -q -m rotation.st --emit prediction <rows.st | metadata)" "$all"
    equal "$(resnet-embed -q -m label.st --emit prediction <rows.st | metadata | grep -v ^model=)" \
        "$(without model | sed "s/^prediction_classes=.*/prediction_classes=$names/")"
    equal "$(resnet-embed -q -m unnamed.st --emit prediction <rows.st | metadata | grep -v ^model=)" \
        "$(without model | grep -v ^prediction_classes)"
    equal "$(cifar-cat -q -s test set | resnet-embed -q -m label.st | metadata | grep -v ^model=)" \
        "$(grep -E '^(classes|source)' <<<"$all")"
}

@test "resnet-embed: model is the task and the checksum of the classifier, whatever stands around it" {
    local sum
    [[ $model =~ ^rotation\ [0-9a-f]{16}$ ]]
    sum=$(resnet-embed -q -m label.st --emit feature <rows.st | tensor-ls -m model)
    [[ $sum =~ ^label\ [0-9a-f]{16}$ ]]
    [ "${sum#* }" != "${model#* }" ]
    # the same model under another source
    stream-set source=elsewhere <label.st >moved.st
    equal "$(resnet-embed -q -m moved.st --emit feature <rows.st | tensor-ls -m model)" "$sum"
    # a model that does not say its task
    stream-set task- <label.st >tasked.st
    equal "$(resnet-embed -q -m tasked.st --emit feature <rows.st | tensor-ls -m model)" "${sum#* }"
    # FNV-1a of the bytes of fc.weight and fc.bias, worked out here
    local bytes
    bytes=$({ for tensor in fc.weight fc.bias; do
        tensor-pick --fields $tensor <label.st | tail -c $((4 * 10 * ($([ $tensor == fc.bias ] && echo 1 || echo 4))))
    done; } | od -An -v -tu1)
    local hash=$((0xcbf29ce484222325)) byte
    for byte in $bytes; do
        hash=$(((hash ^ byte) * 0x100000001b3))
    done
    equal "$(printf '%016x' $hash)" "${sum#* }"
}

@test "rows of two networks are not compared, and maps are drawn with the network that made them" {
    resnet-embed -q -m label.st --emit feature,fmap,prediction <rows.st >other.st
    fails "standard input: was made with the model '$(tensor-ls -m model other.st)', but rows.st is of '$model'" \
        knn -q -k 2 -d rows.st <other.st
    fails "but rows.st is of '$model' (both must be of the same model)" probe -q -e 1 -t rows.st <other.st
    fails "was made with the model '$model', but label.st is of" cam-render -q -m label.st --map --class 1 <rows.st
    fails "was made with the model '$model', but label.st is of" cam-render -q -m label.st --class 1 <rows.st
    cat rows.st other.st | tensor-pick --fields index,label,feature >both.st
    fails "both.st: was made with the model '$(tensor-ls -m model other.st)', but an earlier frame is of '$model'" \
        knn -q -k 2 -d both.st <rows.st
    # where one of them does not say, nothing is refused
    stream-set model- <other.st | knn -q -k 2 -d rows.st >found
    stream-set model- <rows.st >unsaid.st
    knn -q -k 2 -d unsaid.st <other.st >found
    probe -q -e 1 -t unsaid.st <other.st >found
}

@test "tensor-pick --require: only a stream whose metadata say so" {
    cmp rows.st <(tensor-pick --require source='* test' --require "model=$model" --require group=4 <rows.st)
    fails "source is 'cifar-synth (seed 1) test' ('* train' is required)" \
        tensor-pick --require 'source=* train' <rows.st
    fails "metadata 'nothing' is missing ('*' is required)" tensor-pick --require 'nothing=*' <rows.st
    fails "task is 'rotation' ('label' is required)" tensor-pick --require task=label <rotation.st
    # of each frame
    stream-set 'source=a train' <rows.st | cat rows.st - >two.st
    fails "source is 'a train'" tensor-pick --require 'source=* test' <two.st
    misused "--require: 'source' is not KEY=TEXT" tensor-pick --require source <rows.st
    misused "--require: '=x' is not KEY=TEXT" tensor-pick --require =x <rows.st
}

@test "cam-render --map: cam_label has the names of its model's classes, or none" {
    stream-set model- <rows.st >unsaid.st
    equal "$(cam-render -q -m label.st --map --class 1 <unsaid.st | metadata)" \
        "$(without model | sed "s/^cam_label_classes=.*/cam_label_classes=$names/")"
    equal "$(cam-render -q -m unnamed.st --map --class 1 <unsaid.st | metadata)" \
        "$(without model | grep -v ^cam_label_classes)"
}

@test "knn: what it adds has the names of the database's classes, or none" {
    tensor-pick --fields index,label,feature <rows.st | stream-set --bare classes=a,b note=other group=7 >db.st
    equal "$(knn -q -k 2 -d db.st <rows.st | metadata)" "$(with neighbor_label_classes=a,b knn_prediction_classes=a,b)"
    # names of its own, and the same as the stream's
    stream-set label_classes=c,d <db.st >own.st
    equal "$(knn -q -k 2 -d own.st <rows.st | metadata)" "$(with neighbor_label_classes=c,d knn_prediction_classes=c,d)"
    tensor-pick --fields feature <rows.st | stream-set --bare "classes=$names" >plain.st
    equal "$(knn -q -k 2 -d rows.st <plain.st | metadata)" "classes=$names"
    equal "$(knn -q -k 2 -d db.st <plain.st | metadata)" "classes=$names
knn_prediction_classes=a,b
neighbor_label_classes=a,b"
    # names that are not known, and no labels
    stream-set --bare <db.st >unnamed-db.st
    equal "$(knn -q -k 2 -d unnamed-db.st <rows.st | metadata)" \
        "$(without neighbor_label_classes | grep -v ^knn_prediction_classes)"
    tensor-pick --drop label <db.st >unlabelled-db.st
    equal "$(knn -q -k 2 -d unlabelled-db.st <rows.st | metadata)" \
        "$(without neighbor_label_classes | grep -v ^knn_prediction_classes)"
    # every frame of the stream, and only one way to name classes in the database
    equal "$(stream-cut 3 <rows.st | knn -q -k 2 -d db.st | metadata | uniq)" \
        "$(with neighbor_label_classes=a,b knn_prediction_classes=a,b)"
    stream-set classes=b,a <db.st | cat db.st - >two.st
    fails "two.st: metadata 'classes' is not the same in all frames ('a,b' and 'b,a')" \
        knn -q -k 2 -d two.st <rows.st
}

@test "probe: its prediction has the names of the training rows' classes, or none" {
    tensor-pick --fields label,rotation,feature <rows.st | stream-set --bare classes=a,b note=other group=7 >training.st
    equal "$(probe -q -e 1 -t training.st <rows.st | metadata)" "$(with probe_prediction_classes=a,b)"
    stream-set label_classes=c,d <training.st >own.st
    equal "$(probe -q -e 1 -t own.st <rows.st | metadata)" "$(with probe_prediction_classes=c,d)"
    tensor-pick --fields feature <rows.st | stream-set --bare "classes=$names" >plain.st
    equal "$(probe -q -e 1 -t rows.st <plain.st | metadata)" "classes=$names"
    stream-set --bare <training.st >unnamed-training.st
    equal "$(probe -q -e 1 -t unnamed-training.st <rows.st | metadata)" "$(without probe_prediction_classes)"
    # a field that `classes` does not name: turn 0 is no airplane
    probe -q -e 1 -t training.st --label rotation <rows.st >turns.st
    equal "$(metadata <turns.st)" "$(with probe_prediction_classes=)"
    equal "$(tensor-tsv -N probe_prediction <turns.st | tr -d '0-3\n')" ""
    equal "$(stream-set --bare <rows.st | probe -q -e 1 -t training.st --label rotation | metadata)" ""
    stream-set rotation_classes=n,e,s,w <training.st >named.st
    equal "$(probe -q -e 1 -t named.st --label rotation <rows.st | metadata)" "$(with probe_prediction_classes=n,e,s,w)"
}

@test "tsne keeps all" {
    equal "$(tsne -q -p 5 --iterations 5 <rows.st | metadata)" "$all"
}

@test "resnet-train takes classes and source over, and no other key" {
    equal "$(metadata <label.st | cut -d= -f1 |
        grep -vxE 'activation|architecture|blocks|downsample|height|logit_scale|mean|std|width|widths')" \
        "classes
epoch
epochs
seed
source
task
train_accuracy
train_loss"
    equal "$(tensor-ls -m classes label.st)" "$names"
    equal "$(tensor-ls -m source label.st)" "cifar-synth (seed 1) train"
    equal "$(tensor-ls -m classes rotation.st)" "0,90,180,270"
    run ! tensor-ls -m classes unnamed.st
}
