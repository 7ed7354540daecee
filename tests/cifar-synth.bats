load helpers/common

BATCHES=cifar-10-batches-bin

# The checksum of all batches of a folder.
sum() {
    cat "$1/$BATCHES"/*.bin | cksum
}

@test "the options that every program has" {
    common_options cifar-synth
    misused "an operand is missing" cifar-synth
    misused "too many operands" cifar-synth a b
}

@test "the layout of CIFAR-10: five batches, a test batch, names" {
    cifar-synth --train 52 --test 7 set
    equal "$(cd set && find . -type f -printf '%P %s\n' | sort)" "$BATCHES/batches.meta.txt 77
$BATCHES/data_batch_1.bin 30730
$BATCHES/data_batch_2.bin 30730
$BATCHES/data_batch_3.bin 33803
$BATCHES/data_batch_4.bin 30730
$BATCHES/data_batch_5.bin 33803
$BATCHES/source.txt 21
$BATCHES/test_batch.bin 21511"
    equal "$(paste -sd, "set/$BATCHES/batches.meta.txt")" \
        "balloon,castle,flower,house,lighthouse,mushroom,rocket,sailboat,snowman,tree"
}

@test "defaults: 10000 and 2000 images of seed 1, 1000 and 200 of each class" {
    cifar-synth set
    equal "$(cifar-cat --val 0 set | tensor-tsv label | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" 1000
    equal "$(cifar-cat -s test set | tensor-tsv label | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" 200
    equal "$(cifar-cat set | tensor-ls -m source)" "cifar-synth (seed 1) train"
    cifar-synth --train 10000 --test 2000 --seed 1 same
    diff -r set same
}

@test "the same bytes on every machine" {
    cifar-synth --train 200 --test 100 set
    # changes only where the drawing does; gcc and clang at any -march gave this
    equal "$(sum set)" "3836972091 921900"
}

@test "the same bytes for any -j" {
    cifar-synth -j 1 --train 60 --test 20 one
    cifar-synth -j 2 --train 60 --test 20 two
    cifar-synth -j 5 --train 60 --test 20 five
    diff -r one two
    diff -r one five
}

@test "other seeds, other scenes" {
    cifar-synth --train 10 --test 10 --seed 1 one
    cifar-synth --train 10 --test 10 --seed 2 two
    [ "$(sum one)" != "$(sum two)" ]
    equal "$(cat "two/$BATCHES/source.txt")" "cifar-synth (seed 2)"
    misused "--seed: '-1' is not a whole number" cifar-synth --seed -1 set
}

@test "a longer data set begins with a shorter one, and leaves the test set alone" {
    cifar-synth --train 30 --test 10 short
    cifar-synth --train 50 --test 20 long
    cmp <(cifar-cat --val 0 short | tail -c 92160) <(cifar-cat --val 0 -n 30 long | tail -c 92160)
    cmp "short/$BATCHES/test_batch.bin" <(head -c 30730 "long/$BATCHES/test_batch.bin")
    run ! cmp -s "short/$BATCHES/test_batch.bin" <(cat short/$BATCHES/data*.bin | head -c 30730)
}

@test "no two images are the same" {
    cifar-synth --train 500 --test 100 set
    equal "$({
        cifar-cat --val 0 set | tail -c $((3072 * 500))
        cifar-cat -s test set | tail -c $((3072 * 100))
    } | od -An -v -tx1 -w3072 | sort -u | wc -l)" 600
}

files() {
    (cd "$1/$BATCHES" && echo *)
}

@test "a part without images has no batches" {
    cifar-synth --train 10 --test 5 set
    cifar-synth --train 5 --test 0 set
    equal "$(files set)" "batches.meta.txt data_batch_1.bin data_batch_2.bin data_batch_3.bin \
data_batch_4.bin data_batch_5.bin source.txt"
    equal "$(cifar-cat --val 0 set | tensor-tsv index | xargs)" "0 1 2 3 4"
    fails "set: test_batch.bin is missing" cifar-cat -s test set
    cifar-synth --train 0 --test 5 set
    equal "$(files set)" "batches.meta.txt source.txt test_batch.bin"
    equal "$(cifar-cat -s test set | tensor-tsv index | xargs)" "0 1 2 3 4"
    fails "set: data_batch_1.bin is missing" cifar-cat set
    cifar-synth --train 0 --test 0 set
    equal "$(files set)" "batches.meta.txt source.txt"
    mkdir -p "stuck/$BATCHES/test_batch.bin"
    fails "stuck/$BATCHES/test_batch.bin: cannot be removed" cifar-synth --train 5 --test 0 stuck
}

@test "each of the five batches has an image" {
    for train in 1 2 3 4; do
        misused "--train: $train images do not fill 5 batches (0, or 5 and more, are possible)" \
            cifar-synth --train $train set
    done
    cifar-synth --train 6 --test 1 set
    equal "$(stat -c %s "set/$BATCHES"/data_batch_?.bin | xargs)" "3073 3073 3073 3073 6146"
    misused "--train: '-1' is not a whole number from 0 to 100000000" cifar-synth --train -1 set
    misused "--test: 'x' is not a whole number" cifar-synth --test x set
}

@test "what was there is replaced, and nothing is left half written" {
    cifar-synth --train 10 --test 10 set
    cifar-synth --train 20 --test 10 set
    cifar-synth --train 20 --test 10 fresh
    diff -r set fresh
}

@test "folders that cannot be made or written" {
    echo file >taken
    fails "taken: cannot be made: a file of this name is there" cifar-synth --train 5 --test 5 taken
    fails "nowhere/set: cannot be made: No such file or directory" cifar-synth --train 5 --test 5 nowhere/set
    mkdir full
    ln -s /proc/self full/cifar-10-batches-bin
    fails "cannot be written" cifar-synth --train 5 --test 5 full
}
