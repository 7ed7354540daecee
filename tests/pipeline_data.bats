# From files to turned images and back to files: cifar-synth, cifar-cat and rotate-aug as they are used together.
load helpers/common

setup() {
    common_setup
    cifar-synth --train 100 --test 20 set
}

# A stream of images and labels as a batch in CIFAR-10's binary layout: what cifar-cat read.
to_batch() {
    stream-cut 1 >rows.st
    local row label
    tensor-tsv label <rows.st >labels
    row=$(($(wc -c <rows.st) / $(wc -l <labels)))
    for ((i = 0; i < $(wc -l <labels); i++)); do
        label=$(sed -n $((i + 1))p labels)
        # shellcheck disable=SC2059 # the byte is an escape made here
        printf "$(printf '\\x%02x' "$label")"
        tail -c +$((i * row + 1)) rows.st | head -c "$row" | tail -c 3072
    done
}

@test "what was drawn comes out: a batch written again from its stream is the batch" {
    # frames of one row each are all of one length: to_batch finds them by it
    cifar-cat -s test set | tensor-pick --fields image,label >out.st
    to_batch <out.st | cmp - set/cifar-10-batches-bin/test_batch.bin
}

@test "an archive of drawn scenes is as good as their folder" {
    tar cJf set.tar.xz -C set cifar-10-batches-bin
    cmp <(cifar-cat -s val set.tar.xz | rotate-aug) <(cifar-cat -s val set | rotate-aug)
}

@test "a training set of turned images: all rows, groups of four, the same rows in any frames" {
    cifar-cat --shuffle 3 set | rotate-aug >turned.st
    equal "$(tensor-tsv rotation <turned.st | paste - - - - | sort -u)" "0	1	2	3"
    equal "$(tensor-tsv index <turned.st | uniq -c | awk '{ print $1 }' | sort -u)" 4
    equal "$(tensor-ls -m group turned.st)" 4
    equal "$(tensor-ls -m source turned.st)" "cifar-synth (seed 1) train"
    cifar-cat --shuffle 3 --rows 7 set | rotate-aug | stream-compare - turned.st
    # the row that was not turned is the row that was read
    cmp <(tensor-pick --where rotation=0 <turned.st | tensor-tsv label index) \
        <(cifar-cat --shuffle 3 set | tensor-tsv label index)
    cmp <(tensor-pick --where rotation=0 --fields image <turned.st | stream-cut 0 | tail -c $((90 * 3072))) \
        <(cifar-cat --shuffle 3 set | tail -c $((90 * 3072)))
}

@test "shards turned apart and joined are the whole turned at once" {
    for shard in 1/3 2/3 3/3; do
        cifar-cat -s test --shard $shard set | rotate-aug
    done >joined.st
    cifar-cat -s test set | rotate-aug | stream-compare - joined.st
}

@test "train, val and test never share an image" {
    for split in train val test; do
        cifar-cat -s $split set | tensor-pick --fields image | stream-cut 0 >$split.st
        tail -c $((3072 * $(cifar-cat -s $split set | tensor-tsv index | wc -l))) $split.st | od -An -v -tx1 -w3072
    done | sort | uniq -d | wc -l | grep -qx 0
}

@test "a reader that stops early ends the whole pipeline quietly" {
    cifar-synth --train 2000 --test 0 large
    local status=0
    { cifar-cat --rows 10 large 2>one | rotate-aug 2>two | head -c 100000 >/dev/null; } || status=$?
    [ "$status" == 0 ] || [ "$status" == 141 ]
    equal "$(cat one two)" ""
}

@test "a fault upstream is told once, and a cut stream is no plausible one" {
    head -c 5000 set/cifar-10-batches-bin/test_batch.bin >bad.bin
    run bash -o pipefail -c 'cifar-cat bad.bin | rotate-aug >out.st'
    equal "$status" 1
    holds "$output" "cifar-cat: bad.bin: 5000 bytes are not a whole number of records"
    equal "$(wc -c <out.st)" 0
}
