load helpers/common

rows() {
    stream-make label:I64:3=0,1,2 loss:F32:3=0.5,1.5,1 @classes=cat,dog,frog
}

@test "tensors, types, shapes and metadata are listed" {
    rows >a.st
    equal "$(tensor-ls a.st)" "# frame 1: 3 rows, 2 tensors, 36 bytes
label  I64  [3]
loss   F32  [3]
@classes=cat,dog,frog"
}

@test "standard input is read where no file is named, and as -" {
    rows >a.st
    equal "$(tensor-ls <a.st)" "$(tensor-ls a.st)"
    equal "$(tensor-ls - <a.st)" "$(tensor-ls a.st)"
}

@test "frames that are alike are listed together, however they are cut" {
    rows | stream-cut 1,0,2 >cut.st
    equal "$(tensor-ls cut.st)" "# frames 1-3: 3 rows, 2 tensors, 36 bytes
label  I64  [3]
loss   F32  [3]
@classes=cat,dog,frog"
}

@test "--frames lists each frame" {
    rows | stream-cut 1,0,2 >cut.st
    equal "$(tensor-ls --frames cut.st | grep '^#')" "# frame 1: 1 row, 2 tensors, 12 bytes
# frame 2: 0 rows, 2 tensors, 0 bytes
# frame 3: 2 rows, 2 tensors, 24 bytes"
}

@test "other fields, types, shapes or metadata begin a new group" {
    stream-make a:F32:2=zero / a:F32:1=zero / a:F64:1=zero / a:F64:1,2=zero / a:F64:1,2=zero @x=1 / \
        a:F64:1,2=zero @x=1 / b:F64:1,2=zero @x=1 >s.st
    equal "$(tensor-ls s.st | grep '^#' | cut -d: -f1)" "# frames 1-2
# frame 3
# frame 4
# frames 5-6
# frame 7"
}

@test "frames without rows are listed one by one" {
    stream-make a:F32:=1 b:F32:2,3=zero / a:F32:=2 b:F32:2,3=zero >s.st
    equal "$(tensor-ls s.st)" "# frame 1: 2 tensors, 28 bytes
a  F32  []
b  F32  [2,3]
# frame 2: 2 tensors, 28 bytes
a  F32  []
b  F32  [2,3]"
}

@test "several files are named" {
    rows >a.st
    stream-make x:U8:1=7 >b.st
    equal "$(tensor-ls a.st b.st | grep '^#')" "# a.st: frame 1: 3 rows, 2 tensors, 36 bytes
# b.st: frame 1: 1 row, 1 tensor, 1 bytes"
}

@test "--values tells range, mean and deviation over all frames of a group" {
    stream-make x:F32:2=1,2 n:I64:2=-5,5 / x:F32:2=3,4 n:I64:2=9007199254740993,0 >s.st
    equal "$(tensor-ls -v s.st)" "# frames 1-2: 4 rows, 2 tensors, 48 bytes
n  I64  [4]  min -5  max 9007199254740993  mean 2.2518e+15  sd 3.90023e+15
x  F32  [4]  min 1  max 4  mean 2.5  sd 1.11803"
}

@test "--values tells NaN and infinities apart, and of no values nothing" {
    stream-make x:F32:4=nan,1,inf,3 y:F32:4,0=zero >s.st
    equal "$(tensor-ls --values s.st | grep '^[xy]')" "x  F32  [4]    min 1  max 3  mean 2  sd 1  not finite 2
y  F32  [4,0]"
}

@test "--values reads half floats, and says what it cannot read" {
    # 0x3c00 is 1 and 0xc400 -4 in F16; 0x3f80 is 1 and 0xc080 -4 in BF16; 0x0001 is 2^-24, 0x7c00 infinite
    stream-make h:F16:2=15360,50176 b:BF16:2=16256,49280 c:F8_E4M3:2=0,1 s:F16:2=1,31744 >s.st
    equal "$(tensor-ls -v s.st | grep -v '^#')" "b  BF16     [2]  min -4  max 1  mean -1.5  sd 2.5
h  F16      [2]  min -4  max 1  mean -1.5  sd 2.5
s  F16      [2]  min 5.96046e-08  max 5.96046e-08  mean 5.96046e-08  sd 0  not finite 1
c  F8_E4M3  [2]  not read"
}

@test "--metadata prints one value" {
    rows | stream-cut 1 >a.st
    equal "$(tensor-ls -m classes a.st)" "cat,dog,frog"
    equal "$(tensor-ls --metadata classes <a.st)" "cat,dog,frog"
    fails "a.st: metadata 'task' is missing" tensor-ls -m task a.st
    fails "standard input: there is no frame" tensor-ls -m task </dev/null
}

@test "control characters are not printed" {
    stream-make $'a\e[31m\x7f:U8:1=0' $'@k\e=\a\x7f' >s.st
    equal "$(tensor-ls s.st | tail -n 2)" "a?[31m?  U8  [1]
@k?=??"
}

@test "names outside ASCII stay aligned" {
    equal "$(tensor-ls "$FIXTURES/stream-rows.safetensors" | sed -n 2,4p)" "label  I64  [3]
größe  F32  [3,2]
loss   F32  [3]"
}

@test "an empty stream prints nothing" {
    equal "$(tensor-ls </dev/null)" ""
}

@test "what is no stream is an error" {
    echo "this is text, and no stream at all" >text
    fails "text: frame 1: the header is too large" tensor-ls text
    fails "no-such-file: cannot be opened: No such file" tensor-ls no-such-file
    fails ".: cannot be read: Is a directory" tensor-ls .
}

@test "a full disk and a closed pipe" {
    rows >a.st
    full_disk tensor-ls a.st
    closed_pipe tensor-ls a.st
}

@test "common options" {
    common_options tensor-ls
}
