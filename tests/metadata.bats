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
    all="cam_label_classes=0,90,180,270
classes=$names
group=4
knn_prediction_classes=p,q
neighbor_label_classes=p,q
note=kept
other_classes=x,y
prediction_classes=0,90,180,270
probe_prediction_classes=p,q
source=cifar-synth (seed 1) test"
    export all names
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
    equal "$(resnet-embed -q -m label.st --emit prediction <rows.st | metadata)" \
        "$(with "prediction_classes=$names")"
    equal "$(resnet-embed -q -m unnamed.st --emit prediction <rows.st | metadata)" "$(without prediction_classes)"
    equal "$(cifar-cat -q -s test set | resnet-embed -q -m label.st | metadata)" \
        "$(grep -E '^(classes|source)' <<<"$all")"
}

@test "cam-render --map: cam_label has the names of its model's classes, or none" {
    equal "$(cam-render -q -m label.st --map --class 1 <rows.st | metadata)" \
        "$(with "cam_label_classes=$names")"
    equal "$(cam-render -q -m unnamed.st --map --class 1 <rows.st | metadata)" "$(without cam_label_classes)"
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
