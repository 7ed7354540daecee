load helpers/common

# A data set in the layout of CIFAR-10: synth [ROWS [TESTS]] in the folder `set`.
synth() {
    cifar-synth -q --train "${1:-100}" --test "${2:-20}" set
}

labels() {
    cifar-cat -q "$@" | tensor-tsv label
}

rows() {
    cifar-cat -q "$@" | tensor-tsv index
}

TEN=$FIXTURES/cifar/cifar-10-batches-bin
TEN_PYTHON=$FIXTURES/cifar/cifar-10-batches-py
HUNDRED=$FIXTURES/cifar/cifar-100-binary
HUNDRED_PYTHON=$FIXTURES/cifar/cifar-100-python

@test "the options that every program has" {
    common_options cifar-cat
}

@test "a path is needed" {
    misused "an operand is missing" cifar-cat
}

@test "records become rows: labels, pixels and row numbers" {
    cifar-cat --val 0 "$TEN" >out.st
    equal "$(tensor-ls out.st)" "# frame 1: 10 rows, 3 tensors, 30880 bytes
index  I64  [10]
label  I64  [10]
image  U8   [10,3,32,32]
@classes=airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck
@source=CIFAR-10 train"
    equal "$(tensor-tsv index <out.st)" "$(seq 0 9)"
    equal "$(tensor-tsv label <out.st)" "$(od -An -v -tu1 -w3073 <(cat "$TEN"/data_batch_?.bin) | awk '{ print $1 }')"
    # the images are the last 30720 bytes of the stream, and all but the first of each record
    od -An -v -tu1 -w3073 <(cat "$TEN"/data_batch_?.bin) | sed 's/^ *[0-9]*//' >wanted
    tail -c 30720 out.st | od -An -v -tu1 -w3072 | cmp - wanted
}

@test "the test set, in frames as asked" {
    synth 100 25
    cifar-cat -s test --rows 10 set >out.st
    equal "$(tensor-ls --frames out.st | grep -c '^# frame')" 3
    cifar-cat -s test set | stream-compare - out.st
    equal "$(tensor-ls -m source out.st)" "cifar-synth (seed 1) test"
    misused "--rows: '0' is not a whole number from 1 to 1000000" cifar-cat --rows 0 set
}

@test "CIFAR-10: both layouts hold the same" {
    for split in train val test; do
        cmp <(cifar-cat -s $split "$TEN") <(cifar-cat -s $split "$TEN_PYTHON")
    done
    equal "$(labels -s test "$TEN_PYTHON")" "8
2"
}

@test "CIFAR-100: both layouts hold the same, fine and coarse" {
    for split in train val test; do
        cmp <(cifar-cat -s $split "$HUNDRED") <(cifar-cat -s $split "$HUNDRED_PYTHON")
        cmp <(cifar-cat --labels coarse -s $split "$HUNDRED") <(cifar-cat --labels coarse -s $split "$HUNDRED_PYTHON")
    done
    equal "$(labels -s test "$HUNDRED" | xargs)" "2 19 36"
    equal "$(labels -s test --labels coarse "$HUNDRED" | xargs)" "0 3 7"
    holds "$(cifar-cat "$HUNDRED" | tensor-ls -m classes)" "fine_00,fine_01"
    holds "$(cifar-cat --labels coarse "$HUNDRED" | tensor-ls -m classes)" "coarse_00,coarse_01"
    equal "$(cifar-cat "$HUNDRED" | tensor-ls -m source)" "CIFAR-100 train"
}

@test "the hold-out is the same for fine and coarse labels" {
    equal "$(rows -s val --val 2 "$HUNDRED")" "$(rows -s val --val 2 --labels coarse "$HUNDRED")"
}

@test "CIFAR-10 has no coarse labels" {
    fails "--labels coarse: $TEN/data_batch_1.bin has fine labels only" cifar-cat --labels coarse "$TEN"
    cp -r "$HUNDRED_PYTHON" fine_only
    chmod -R u+w fine_only
    cp "$FIXTURES/cifar/pickles/fine_only" fine_only/test
    cp "$FIXTURES/cifar/pickles/fine_names" fine_only/meta
    equal "$(labels -s test fine_only | xargs)" "2 19 36"
    holds "$(cifar-cat -s test fine_only | tensor-ls -m classes)" "fine_00,fine_01"
    fails "--labels coarse: fine_only/test has fine labels only" cifar-cat -s test --labels coarse fine_only
}

@test "archives are read as the folder is" {
    cp -r "$TEN" cifar-10-batches-bin
    tar cf plain.tar cifar-10-batches-bin
    tar czf packed.tar.gz cifar-10-batches-bin
    tar cJf packed.tar.xz cifar-10-batches-bin
    tar cjf packed.tar.bz2 cifar-10-batches-bin
    for archive in plain.tar packed.tar.gz packed.tar.xz packed.tar.bz2; do
        for split in train val test; do
            cmp <(cifar-cat -s $split "$TEN") <(cifar-cat -s $split $archive)
        done
    done
    mv packed.tar.xz any-name
    cmp <(cifar-cat "$TEN") <(cifar-cat any-name)
}

@test "an archive of the python layout" {
    tar czf hundred.tar.gz -C "$FIXTURES/cifar" cifar-100-python
    cmp <(cifar-cat -s test "$HUNDRED") <(cifar-cat -s test hundred.tar.gz)
}

@test "a folder that holds a folder with the batches" {
    mkdir data
    cp -r "$TEN" data/anything
    cmp <(cifar-cat "$TEN") <(cifar-cat data)
}

@test "a single batch: its own rows, whatever the split" {
    for split in train val test; do
        equal "$(cifar-cat -s $split "$TEN/data_batch_2.bin" | tensor-tsv index label | xargs)" "0 6 1 0"
        equal "$(cifar-cat -s $split "$TEN_PYTHON/data_batch_2" | tensor-tsv index label | xargs)" "0 6 1 0"
    done
    holds "$(cifar-cat "$TEN/data_batch_2.bin" | tensor-ls -m classes)" "airplane,"
    equal "$(cifar-cat "$TEN/data_batch_2.bin" | tensor-ls -m source)" "CIFAR-10 data_batch_2.bin"
    # but for the source it is the training set: the same number of bytes at the end
    cmp <(cifar-cat --val 0 "$HUNDRED" | tail -c 18528) <(cifar-cat "$HUNDRED/train.bin" | tail -c 18528)
    cmp <(cifar-cat --val 0 "$HUNDRED" | tail -c 18528) <(cifar-cat "$HUNDRED_PYTHON/train" | tail -c 18528)
}

@test "a single batch of another name is known by its size, its classes by their numbers" {
    cp "$TEN/data_batch_1.bin" ten
    cp "$HUNDRED/test.bin" hundred
    equal "$(labels ten | xargs)" "3 7"
    equal "$(labels hundred | xargs)" "2 19 36"
    equal "$(cifar-cat -q ten | tensor-ls -m classes)" "0,1,2,3,4,5,6,7,8,9"
    equal "$(cifar-cat ten 2>&1 >/dev/null)" \
        "cifar-cat: ten: no batches.meta.txt: the classes are named by their numbers"
    equal "$(cifar-cat -q ten 2>&1 >/dev/null)" ""
}

@test "a batch and an archive that come through a pipe" {
    cmp <(cifar-cat -q <(cat "$TEN/data_batch_1.bin") | tail -c 6176) \
        <(cifar-cat "$TEN/data_batch_1.bin" | tail -c 6176)
    tar czf set.tar.gz -C "$TEN" .
    cmp <(cifar-cat "$TEN") <(cifar-cat <(cat set.tar.gz))
}

@test "a binary batch whose first label is larger than any of CIFAR's" {
    cp -r "$TEN" set
    chmod -R u+w set
    seq -f 'class_%g' 0 255 >set/batches.meta.txt
    for label in 20 40 128 255; do # 40 and 128 begin pickles, too
        printf '%b' "\\x$(printf %x $label)" | dd of=set/data_batch_2.bin bs=1 conv=notrunc status=none
        equal "$(labels set/data_batch_2.bin | xargs)" "$label 0"
    done
    printf '\xff' | dd of=set/data_batch_2.bin bs=1 conv=notrunc status=none
    mv set/data_batch_2.bin set/mine
    equal "$(labels set/mine | xargs)" "255 0"
    equal "$(cifar-cat set/mine | tensor-ls -m classes | tail -c 10)" "class_255"
}

@test "several paths are one data set, their rows behind each other" {
    equal "$(cifar-cat "$TEN/data_batch_1.bin" "$TEN/data_batch_3.bin" | tensor-tsv index label | xargs)" \
        "0 3 1 7 2 9 3 3"
    equal "$(rows --val 0 "$TEN" "$TEN_PYTHON" | wc -l)" 20
    synth
    fails "set: its classes are not those of the paths before (class 0 is 'balloon', and 'airplane' before)" \
        cifar-cat "$TEN" set
    fails "its classes are not those of the paths before (100, and 10 before)" cifar-cat "$TEN" "$HUNDRED"
    equal "$(cifar-cat --val 50% -s val "$TEN" "$TEN/test_batch.bin" | tensor-tsv index | tail -n 2 | xargs)" "10 11"
}

@test "the hold-out is stratified, and with the rest the whole training set" {
    synth
    for val in 0 10 37 100 10% 12.5%; do
        sort -n <(rows -s train --val $val set) <(rows -s val --val $val set) | cmp - <(seq 0 99)
    done
    equal "$(labels -s val set | sort -n | xargs)" "0 1 2 3 4 5 6 7 8 9"
    equal "$(labels -s val --val 30 set | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" 3
    equal "$(labels -s val --val 35 set | sort -n | uniq -c | awk '{ print $1 }' | sort -u | xargs)" "3 4"
    equal "$(rows -s val --val 12% set | wc -l)" 12
    equal "$(rows -s val set)" "$(rows -s val set)"
}

# The hold-out is part of what a result means: it may never change. The last rows of a class are held out as the first.
@test "the hold-out is drawn at random, once and for all" {
    synth
    equal "$(cifar-cat -s val --val 10 set | tensor-tsv index | xargs)" "1 22 39 40 46 48 49 51 74 84"
    equal "$(cifar-cat -s val --val 25 set | tensor-tsv index | xargs)" \
        "1 12 22 25 27 39 40 44 46 48 49 51 56 57 62 64 66 67 73 74 82 84 93 97 98"
}

@test "unequal classes give in proportion, the largest remainders first" {
    # 5, 3 and 2 rows of classes 7, 0 and 1: of 4 rows 2, 1.2 and 0.8, so 2, 1 and 1; of 5 rows 2.5, 1.5 and 1: of
    # equal remainders that of the lower class
    for label in 7 7 0 7 1 7 0 1 7 0; do
        printf '%b' "\\x$label"
        head -c 3072 /dev/zero
    done >all
    mkdir set
    head -n 10 "$TEN/batches.meta.txt" >set/batches.meta.txt
    for i in 1 2 3 4 5; do
        tail -c +$(((i - 1) * 6146 + 1)) all | head -c 6146 >set/data_batch_$i.bin
    done
    equal "$(labels -s val --val 4 set | sort -n | xargs)" "0 1 7 7"
    equal "$(labels -s val --val 5 set | sort -n | xargs)" "0 0 1 7 7"
    equal "$(labels -s val --val 25% set | sort -n | xargs)" "0 1 7" # 2.5 rows are 3: 0.9, 0.6, 1.5
}

@test "bad hold-outs" {
    synth
    misused "--val: 101 rows cannot be held out of 100" cifar-cat --val 101 set
    misused "--val: '101%' is not a percentage from 0% to 100%" cifar-cat --val 101% set
    misused "--val: 'ten' is neither a whole number of rows nor a percentage" cifar-cat --val ten set
    misused "--val: '-1' is neither a whole number of rows nor a percentage" cifar-cat --val -1 set
    misused "'some' is none of train, val, test" cifar-cat -s some set
}

@test "--classes takes names and numbers, and labels keep their numbers" {
    equal "$(labels --val 0 --classes cat,9 "$TEN" | sort -u | xargs)" "3 9"
    equal "$(labels --val 0 --classes ship "$TEN" | wc -l)" 0
    holds "$(cifar-cat --classes cat "$TEN" | tensor-ls -m classes)" "airplane,automobile"
    misused "--classes: 'cot' is not a class here (0 to 9, or airplane," cifar-cat --classes cat,cot "$TEN"
    misused "--classes: '10' is not a class here" cifar-cat --classes 10 "$TEN"
    misused "--classes: '' is not a class here" cifar-cat --classes cat, "$TEN"
}

@test "--shuffle: the same rows in an order of the seed" {
    synth
    rows -s test set >plain
    rows -s test --shuffle 1 set >one
    rows -s test --shuffle 2 set >two
    cmp one <(rows -s test --shuffle 1 set)
    run ! cmp -s one plain
    run ! cmp -s one two
    cmp plain <(sort -n one)
    # an order is part of what a run means: it may never change
    equal "$(rows --val 0 --shuffle 7 -n 12 set | xargs)" "80 7 15 92 41 44 88 62 37 86 81 2"
    misused "--shuffle: '-1' is not a whole number" cifar-cat --shuffle -1 set
}

@test "--per-class, -n: the first of each class, the first of all" {
    synth
    equal "$(labels --per-class 2 set | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" 2
    equal "$(rows --val 0 -n 3 set | xargs)" "0 1 2"
    equal "$(rows --val 0 -n 0 set | wc -l)" 100
    equal "$(rows --val 0 -n 1000 set | wc -l)" 100
    equal "$(rows --shuffle 3 -n 5 set)" "$(rows --shuffle 3 set | head -n 5)"
    equal "$(rows --per-class 1 -n 5 set)" "$(rows --per-class 1 set | head -n 5)"
    equal "$(rows --per-class 1 -n 10 set | wc -l)" 10 # of its first ten rows one was held out
    misused "--number: '-1' is not a whole number" cifar-cat -n -1 set
}

@test "--classes and --per-class mean the labels that are written" {
    for record in '\x0\x1' '\x0\x2' '\x1\x1' '\x1\x2' '\x1\x0'; do # coarse, fine
        printf '%b' "$record"
        head -c 3072 /dev/zero
    done >train.bin
    equal "$(rows --per-class 1 train.bin | xargs)" "0 1 4"
    equal "$(rows --labels coarse --per-class 1 train.bin | xargs)" "0 2"
    equal "$(rows --classes 1 train.bin | xargs)" "0 2"
    equal "$(rows --labels coarse --classes 1 train.bin | xargs)" "2 3 4"
}

@test "--shard: the slices one behind the other are the whole" {
    synth
    for n in 1 3 7 200; do
        for ((i = 1; i <= n; i += n == 200 ? 20 : 1)); do
            cifar-cat -s test --shard $i/$n set
        done >"$n.st"
    done
    cifar-cat -s test set | stream-compare - 1.st
    cifar-cat -s test set | stream-compare - 3.st
    cifar-cat -s test set | stream-compare - 7.st
    equal "$(rows --val 0 --shuffle 5 -n 10 --shard 2/2 set)" "$(rows --val 0 --shuffle 5 -n 10 set | tail -n 5)"
    for bad in 0/3 4/3 1/0 1 /3 1/ x/y 1/2/3; do
        misused "--shard: '$bad' is not i/n with 1 <= i <= n" cifar-cat --shard $bad set
    done
}

@test "no row left: one frame that says which fields and classes there are" {
    equal "$(cifar-cat --classes ship --val 0 "$TEN" | tensor-ls | head -n 1)" "# frame 1: 0 rows, 3 tensors, 0 bytes"
}

@test "the same bytes for any -j" {
    cmp <(cifar-cat -j 1 "$TEN") <(cifar-cat -j 2 "$TEN")
}

@test "files that are empty" {
    cp -r "$TEN" set
    cp -r "$TEN_PYTHON" python
    chmod -R u+w set python
    : >set/data_batch_3.bin
    fails "set/data_batch_3.bin: is empty" cifar-cat set
    fails "set/data_batch_3.bin: is empty" cifar-cat set/data_batch_3.bin
    tar czf set.tar.gz set
    fails "set.tar.gz: set/data_batch_3.bin: is empty" cifar-cat set.tar.gz
    # only what is read is looked at
    cmp <(cifar-cat -s test set) <(cifar-cat -s test "$TEN")
    cmp <(cifar-cat -s test set.tar.gz) <(cifar-cat -s test "$TEN")
    cp "$TEN/data_batch_3.bin" set
    for name in batches.meta.txt source.txt; do
        cp -r set other
        : >other/$name
        fails "other/$name: is empty" cifar-cat other
        fails "other/$name: is empty" cifar-cat other/data_batch_1.bin
        tar czf other.tar.gz other
        fails "other.tar.gz: other/$name: is empty" cifar-cat other.tar.gz
        rm -r other
    done
    : >python/batches.meta
    fails "python/batches.meta: is empty" cifar-cat python
    : >python/data_batch_1
    fails "python/data_batch_1: is empty" cifar-cat python/data_batch_1
    : >archive.tar.gz
    fails "archive.tar.gz: is empty" cifar-cat archive.tar.gz
    fails "/dev/null: is empty" cifar-cat /dev/null
    fails "no_images: holds no images" cifar-cat "$FIXTURES/cifar/pickles/no_images"
}

@test "a file that is empty and of no use is none's concern" {
    cp -r "$TEN" set
    chmod -R u+w set
    : >set/meta # class names of CIFAR-100's python layout
    cmp <(cifar-cat set) <(cifar-cat "$TEN")
    tar czf set.tar.gz set
    cmp <(cifar-cat set.tar.gz) <(cifar-cat "$TEN")
}

@test "batches that are missing or not whole" {
    cp -r "$TEN" set
    chmod -R u+w set
    truncate -s 6145 set/data_batch_3.bin
    fails "set/data_batch_3.bin: 6145 bytes are not a whole number of records (CIFAR-10 binary: 3073 bytes" \
        cifar-cat set
    rm set/data_batch_3.bin
    fails "set: data_batch_3.bin is missing (CIFAR-10 binary: 5 batches, training)" cifar-cat set
    cifar-cat -s test set >/dev/null
    rm set/test_batch.bin
    fails "set: test_batch.bin is missing (CIFAR-10 binary: 1 batch, test)" cifar-cat -s test set
    tar cf part.tar set
    fails "part.tar: data_batch_3.bin is missing" cifar-cat part.tar
    fails "part.tar: no test batches of CIFAR in this archive" cifar-cat -s test part.tar
}

@test "labels out of range" {
    cp -r "$TEN" set
    chmod -R u+w set
    printf '\x0a' | dd of=set/data_batch_2.bin bs=1 seek=3073 conv=notrunc status=none
    fails "set/data_batch_2.bin: record 1: label 10 (0 to 9 are classes)" cifar-cat set
    cp -r "$HUNDRED" hundred
    chmod -R u+w hundred
    printf '\x14' | dd of=hundred/test.bin bs=1 seek=0 conv=notrunc status=none
    fails "hundred/test.bin: record 0: coarse label 20 (0 to 19 are classes)" cifar-cat -s test hundred
}

@test "class names that cannot be" {
    cp -r "$TEN" set
    chmod -R u+w set
    printf 'a\nb,c\n' >set/batches.meta.txt
    fails "set/batches.meta.txt: class 1: 'b,c' (a name has no comma and no control characters)" cifar-cat set
    printf 'a\nb\tc\n' >set/batches.meta.txt
    fails "set/batches.meta.txt: class 1: 'b?c' (a name has no comma and no control characters)" cifar-cat set
    printf 'a\nb\0c\n' >set/batches.meta.txt
    fails "set/batches.meta.txt: class 1: 'b" cifar-cat set
    printf 'caf\xe9\n' >set/batches.meta.txt
    fails "set/batches.meta.txt: class 0: its name is not UTF-8" cifar-cat set
    printf '\n\n' >set/batches.meta.txt
    fails "set/batches.meta.txt: 0 class names (1 to 256 are expected)" cifar-cat set
    seq 0 256 >set/batches.meta.txt
    fails "set/batches.meta.txt: more than 256 class names (1 to 256 are expected)" cifar-cat set
    seq 1 200000 >set/batches.meta.txt
    fails "set/batches.meta.txt: holds 1288895 bytes (at most 1000000 are expected of such a file)" cifar-cat set
    printf 'a\r\n\nb\r\nc\nd' >set/batches.meta.txt
    fails "record 1: label 7 (0 to 3 are classes)" cifar-cat set
    rm set/batches.meta.txt
    equal "$(cifar-cat -q set | tensor-ls -m classes)" "0,1,2,3,4,5,6,7,8,9"
    cp -r "$TEN_PYTHON" python
    chmod -R u+w python
    printf '}(U\x0blabel_names](K\x01eu.' >python/batches.meta
    fails "python/batches.meta: class 0 of 'label_names' is a whole number, and not a text" cifar-cat python
    printf '}(U\x0blabel_names](U\x01aU\x00eu.' >python/batches.meta
    fails "python/batches.meta: class 1: its name is empty" cifar-cat python
    printf '}(U\x0blabel_namesU\x01au.' >python/batches.meta
    fails "python/batches.meta: 'label_names' is a text, and not a list of class names" cifar-cat python
    printf '}.' >python/batches.meta
    fails "python/batches.meta: holds no 'label_names' (is it the file of the class names?)" cifar-cat python
}

@test "the first line of source.txt names the data set" {
    cp -r "$TEN" set
    chmod -R u+w set
    printf 'My own \r\nand more\n' >set/source.txt
    equal "$(cifar-cat set | tensor-ls -m source)" "My own train"
    printf '\nMy own\n' >set/source.txt
    fails "set/source.txt: its first line, which names the data set, is empty" cifar-cat set
    printf 'caf\xe9\n' >set/source.txt
    fails "set/source.txt: its first line, which names the data set, is not UTF-8" cifar-cat set
}

@test "folders and files that hold no data set" {
    mkdir empty
    fails "empty: no CIFAR batches here" cifar-cat empty
    fails "nowhere: cannot be opened: No such file or directory" cifar-cat nowhere
    echo "some text" >text
    fails "text: neither a batch nor an archive (tar, zip or 7z)" cifar-cat text
    # libarchive would read the file that this one names
    printf '#mtree\n./test_batch.bin type=file contents=%s\n' "$TEN/test_batch.bin" >names
    fails "names: neither a batch nor an archive (tar, zip or 7z)" cifar-cat -s test names
    head -c 5000 /dev/zero >zeros
    fails "zeros: 5000 bytes are not a whole number of records (3073 bytes in CIFAR-10, 3074 in CIFAR-100)" \
        cifar-cat zeros
    mkdir other
    echo 1 >other/file
    tar cf other.tar other
    fails "other.tar: no training batches of CIFAR in this archive" cifar-cat other.tar
}

@test "more than one data set: the one meant must be named" {
    mkdir two
    cp -r "$TEN" two/a
    cp -r "$HUNDRED" two/b
    fails "two: holds two data sets (two/a and two/b): name the one meant" cifar-cat two
    cp -r "$TEN" mixed
    chmod -R u+w mixed
    cp "$HUNDRED"/* mixed
    fails "mixed: holds files of two data sets (CIFAR-10 binary and CIFAR-100 binary)" cifar-cat mixed
    mkdir twice
    cp -r "$TEN" twice/a
    cp -r "$TEN" twice/b
    tar cf twice.tar twice
    fails ".bin: its name occurs twice: unpack the archive and name the folder of the one meant" \
        cifar-cat twice.tar
    fails ": its name occurs twice" cifar-cat -s test twice.tar
    tar cf mixed.tar mixed
    fails "mixed.tar: holds files of two data sets" cifar-cat mixed.tar
}

@test "an archive whose folder has a name of other than ASCII" {
    cp -r "$TEN" "caf$(printf '\xc3\xa9')"
    tar cf set.tar --format=posix caf*
    cmp <(cifar-cat "$TEN") <(cifar-cat set.tar)
}

@test "archives that are cut short or damaged" {
    tar czf good.tar.gz -C "$FIXTURES/cifar" cifar-10-batches-bin
    head -c 2000 good.tar.gz >cut.tar.gz
    fails "cut.tar.gz: " cifar-cat cut.tar.gz
    tar cf good.tar -C "$FIXTURES/cifar" cifar-10-batches-bin
    head -c 5000 good.tar >cut.tar
    fails "cut.tar: " cifar-cat cut.tar
    gzip -c "$TEN/data_batch_1.bin" >batch.gz
    fails "batch.gz: the archive cannot be read (Unrecognized archive format)" cifar-cat batch.gz
}

# zeros N FILE: a file of that many zeros, which takes no room on the disk.
zeros() {
    mkdir -p "$(dirname "$2")"
    truncate -s "$1" "$2"
}

@test "members of an archive are read up to what a batch can be" {
    cp -r "$TEN" set
    chmod -R u+w set
    zeros $((20826 * 3073)) set/data_batch_2.bin # 64 MB less 1702 bytes
    zeros $((20826 * 3073)) set/data_batch_3.bin # with the other more than may be passed over
    tar czf set.tar.gz set
    equal "$(cifar-cat set.tar.gz --val 0 -n 3 --shuffle 1 | tensor-ls | head -n 1)" \
        "# frame 1: 3 rows, 3 tensors, 9264 bytes"
    zeros $((20827 * 3073)) set/data_batch_2.bin
    tar czf set.tar.gz set
    fails "set.tar.gz: set/data_batch_2.bin: holds more than 64 MB" cifar-cat set.tar.gz
    # not packed, or in a folder, it may be larger
    tar cf set.tar set
    equal "$(cifar-cat set.tar --val 0 -n 3 | tensor-tsv index | xargs)" "0 1 2"
    equal "$(cifar-cat set --val 0 -n 3 | tensor-tsv index | xargs)" "0 1 2"
    # of a size that no disk holds, nothing is unpacked
    zeros 900G set/data_batch_2.bin
    tar cz --sparse -f set.tar.gz set
    fails "set.tar.gz: set/data_batch_2.bin: holds more than 64 MB" cifar-cat set.tar.gz
    cp "$TEN"/data_batch_2.bin set
    zeros 900G set/batches.meta.txt
    tar cz --sparse -f set.tar.gz set
    fails "set.tar.gz: set/batches.meta.txt: holds more than 1 MB" cifar-cat set.tar.gz
}

@test "what an archive holds besides the batches is passed over up to a limit" {
    cp -r "$TEN" set
    chmod -R u+w set
    zeros 99000000 set/other
    tar cz --sort=name -f set.tar.gz set
    cmp <(cifar-cat "$TEN") <(cifar-cat set.tar.gz)
    zeros 900G set/other
    tar cz --sparse -f set.tar.gz set
    fails "set.tar.gz: holds more than 100 MB besides the requested batches" cifar-cat set.tar.gz
}

@test "pipes and devices without an end" {
    fails "/dev/zero: holds more than 640 MB" cifar-cat /dev/zero
    cp -r "$TEN" set
    chmod -R u+w set
    ln -sf /dev/zero set/batches.meta.txt
    fails "set/batches.meta.txt: holds more than 1 MB" cifar-cat set
}

@test "pickles as Python 2 and 3 write them" {
    cp -r "$FIXTURES"/cifar/pickles/* .
    cifar-cat -q protocol_2 >wanted.st
    for file in protocol_3 protocol_4 protocol_5 columns_first; do
        cmp <(cifar-cat -q $file | tail -c 6176) <(tail -c 6176 wanted.st)
    done
    for file in protocol_0 protocol_1 "$FIXTURES"/cifar/pickles/flavours/*; do
        cmp <(cifar-cat -q "$file" | tail -c 6176) <(tail -c 6176 wanted.st)
    done
    # the first two rows of the data set, but for the metadata: 32 bytes of numbers and two images
    cmp <(cifar-cat -q -n 2 --val 0 "$TEN_PYTHON" | tail -c 6176) <(tail -c 6176 wanted.st)
}

@test "class names as Python 2 and 3 write them" {
    cp -r "$TEN_PYTHON" set
    chmod -R u+w set
    for file in "$FIXTURES"/cifar/pickles/names/*; do
        cat "$file" >set/batches.meta
        equal "$(cifar-cat set | tensor-ls -m classes)" 'a,b,café,d\e,一,f,g,h,i,j'
        equal "$(labels --val 0 --classes 'café' set | wc -l)" 1
    done
}

@test "pickles that are refused" {
    cp -r "$FIXTURES"/cifar/pickles/* .
    fails "executes: byte 34: names 'builtins print', which no CIFAR file holds" cifar-cat executes
    fails "wide: 'data' is an array of uint16, 2 x 3072, and not an array of uint8, N x 3072" cifar-cat wide
    fails "short: 'data' is an array of uint8, 2 x 3000, and not an array of uint8, N x 3072" cifar-cat short
    fails "more: 2 'labels' for 3 images" cifar-cat more
    fails "label: record 1: label 10 (0 to 9 are classes)" cifar-cat label
    fails "text_label: record 1: its label is a text, and not a whole number" cifar-cat text_label
    fails "no_labels: a pickle without 'labels' or 'fine_labels' (is it a batch?)" cifar-cat no_labels
    fails "no_data: holds no 'data' (is it a batch?)" cifar-cat no_data
    local is="and neither a list nor an array of whole numbers"
    fails "labels_text: 'labels' is a text, $is" cifar-cat labels_text
    fails "labels_float: 'labels' is an array of numpy's type 'f8', 2, $is" cifar-cat labels_float
    fails "labels_square: 'labels' is an array of int64, 2 x 1, $is" cifar-cat labels_square
    fails "labels_number: 'labels' is a whole number, $is" cifar-cat labels_number
    fails "labels_dictionary: 'labels' is a dictionary, $is" cifar-cat labels_dictionary
    fails "labels_none: 'labels' is None, $is" cifar-cat labels_none
    fails "label_float: record 1: its label is a floating-point number, and not a whole number" cifar-cat label_float
    fails "label_numpy_float: record 1: its label is a value of numpy's type 'f4'" cifar-cat label_numpy_float
    fails "label_long: record 1: its label is a whole number of more than 64 bits" cifar-cat label_long
    fails "label_huge: record 1: label 9223372036854775807 (0 to 9 are classes)" cifar-cat label_huge
    fails "label_negative: record 1: label -1 (0 to 9 are classes)" cifar-cat label_negative
}

@test "pickles that are no sound ones" {
    # STOP, items, a tuple's end, a call without a value; a value never stored; an unknown instruction
    printf '\x80\x02.' >a && fails "a: byte 3: not a valid pickle (a value is missing)" cifar-cat a
    printf '\x80\x02e.' >a && fails "items that begin nowhere" cifar-cat a
    printf '\x80\x02t.' >a && fails "items that begin nowhere" cifar-cat a
    printf '\x80\x02(R.' >a && fails "a value is missing" cifar-cat a
    printf '\x80\x02]K\x01K\x02s.' >a && fails "items for what holds none" cifar-cat a
    printf '\x80\x02}(K\x01u.' >a && fails "items for what holds none" cifar-cat a
    printf '(K\x01d.' >a && fails "neither a batch nor an archive" cifar-cat a
    printf '\x80\x02(K\x01d.' >a && fails "a key without a value" cifar-cat a
    printf '\x80\x02}h\x05.' >a && fails "no value was stored as number 5" cifar-cat a
    printf '\x80\x02Nr\xff\xff\xff\xff.' >a && fails "a value is stored as number 4294967295" cifar-cat a
    printf '\x80\x02\xff.' >a && fails "there is no instruction 0xff in one" cifar-cat a
    printf '\x80\x02T\xff\xff\xff\xffabc' >a
    fails "the pickle ends inside a value (4294967295 bytes are needed, 3 left)" cifar-cat a
    printf '\x80\x02K\x01K\x02\x86)R.' >a && fails "a call that no CIFAR file makes" cifar-cat a
    printf '\x80\x02K\x01K\x02b.' >a && fails "an object that no CIFAR file holds" cifar-cat a
    printf '\x80\x02K\x01.' >a && fails "a pickle without 'labels'" cifar-cat a
    printf '\x80\x01K\x01.' >a && fails "a: not a pickle of protocol 0 to 5" cifar-cat a
    printf '(dI4x\n.' >a && fails "a: byte 6: not a valid pickle (a number of other than digits)" cifar-cat a
    printf '(dL-L\n.' >a && fails "a number without digits" cifar-cat a
    printf '(dI4' >a && fails "the pickle ends inside a line" cifar-cat a
    printf '(dS"a\n.' >a && fails "a text without quotes" cifar-cat a
    printf "(dS'\\\\xg'\n." >a && fails "a text with a backslash that means nothing" cifar-cat a
    printf '(dp-1\n.' >a && fails "the number of a stored value is none" cifar-cat a
    printf '(d0.' >a && fails "a value is missing" cifar-cat a
    printf '(d1.' >a && fails "items that begin nowhere" cifar-cat a
}

@test "pickles that make more of themselves than memory holds" {
    # 2 bytes fetch a text of 200 kB again, 8 make another copy of it
    {
        printf '\x80\x02c_codecs\nencode\nq\x00X\x40\x0d\x03\x00'
        head -c 200000 /dev/zero | tr '\0' a
        printf 'q\x01X\x06\x00\x00\x00latin1q\x02'
        for ((i = 0; i < 500; i++)); do printf 'h\x00h\x01h\x02\x86R'; done
    } >copies
    fails "more than 64 MB of memory would be needed" cifar-cat copies
    # 1 byte makes a value
    { printf '\x80\x02(' && head -c 5000000 /dev/zero | tr '\0' N; } >values
    fails "more than 74 MB of memory would be needed (the limit is 64 MB plus twice its size)" cifar-cat values
    # 2 bytes fetch one again
    { printf '\x80\x02Nq\x00' && yes h | head -n 10000000 | tr '\n' '\0'; } >fetched
    fails "more than 104 MB of memory would be needed" cifar-cat fetched
    # a value stored under a high number
    { printf '\x80\x02Nr\x00\x00\x00\x01' && head -c 17000000 /dev/zero | tr '\0' N; } >stored
    fails "more than 98 MB of memory would be needed" cifar-cat stored
}

@test "a full disk and a closed pipe" {
    full_disk cifar-cat "$TEN"
    closed_pipe cifar-cat --val 0 "$TEN"
}

@test "the real CIFAR-10" {
    need_cifar10
    equal "$(cifar-cat -s val "$CIFAR10" | tensor-tsv label | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" 500
    equal "$(cifar-cat "$CIFAR10" | tensor-ls | head -n 1)" "# frames 1-45: 45000 rows, 3 tensors, 138960000 bytes"
    # copies of the data set are about whose rows stand in another order: only what does not depend on it
    equal "$(cifar-cat -s test "$CIFAR10" | tensor-tsv -N label | sort | uniq -c | awk '{ print $1, $2 }' | xargs)" \
        "1000 airplane 1000 automobile 1000 bird 1000 cat 1000 deer 1000 dog 1000 frog 1000 horse 1000 ship 1000 truck"
}
