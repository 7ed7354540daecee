# The rules of the tensor stream, one header at a time, as a user meets them: exit status and one line.
load helpers/common
load helpers/makers

@test "each header of the table is taken or refused as it should be" {
    local message size header count=0
    while IFS= read -r line; do
        [[ -n $line && $line != '#'* ]] || continue
        # read would fold tabs: the last column may be empty
        message=${line%%$'\t'*}
        header=${line#*$'\t'*$'\t'*$'\t'}
        line=${line#*$'\t'*$'\t'}
        size=${line%%$'\t'*}
        blob "$header" "$size" >blob.st
        if [ "$message" == ok ]; then
            tensor-ls blob.st >listing || flunk "$header"
        else
            fails "$message" tensor-ls blob.st || flunk "$header"
            fails "blob.st: frame " tensor-ls blob.st
        fi
        count=$((count + 1))
    done <"$FIXTURES/stream-headers.tsv"
    [ "$count" -ge 69 ]
}

@test "a file that ends inside the header's length" {
    printf '\x02\0\0' >short.st
    fails "short.st: frame 1: the file ends inside the header's length (3 of 8 bytes)" tensor-ls short.st
}

@test "a header longer than the file" {
    printf '\x10\0\0\0\0\0\0\0{}' >short.st
    fails "the file ends inside the header (2 of 16 bytes)" tensor-ls short.st
}

@test "a header of no bytes" {
    printf '\0\0\0\0\0\0\0\0' >none.st
    fails "the header does not begin with '{'" tensor-ls none.st
}

@test "a header above 100 000 000 bytes, and the largest that may be" {
    printf '\x01\xe1\xf5\x05\0\0\0\0{}' >large.st
    fails "the header is too large (at most 100000000 bytes, 100000001 given)" tensor-ls large.st
    printf '\xff\xff\xff\xff\xff\xff\xff\xff{}' >large.st
    fails "the header is too large" tensor-ls large.st
    printf '\x00\xe1\xf5\x05\0\0\0\0{}' >large.st
    fails "the file ends inside the header (2 of 100000000 bytes)" tensor-ls large.st
}

@test "names are cut in messages, however long they are" {
    blob "{\"$(head -c 100000 /dev/zero | tr '\0' x)\":1}" 0 >long.st
    fails "frame 1: tensor 'xxxx" tensor-ls long.st
}

@test "a deeply nested header is an error and not a crash" {
    blob "{\"a\":$(head -c 100000 /dev/zero | tr '\0' '[')" 0 >deep.st
    fails "not sound JSON" tensor-ls deep.st
}

@test "the second frame is named where it is at fault" {
    { stream-make a:U8:1=0 && blob '{"a":1}' 0; } >two.st
    fails "two.st: frame 2: tensor 'a': its entry is not an object" tensor-ls two.st
}

@test "a stream of many frames is cat of its frames" {
    stream-make label:I64:5=iota image:U8:5,3,2,2=random3 @source=x >whole.st
    stream-cut 2,0,1 <whole.st >cut.st
    stream-compare whole.st cut.st
    cat whole.st cut.st | stream-cut 0 >joined.st
    equal "$(tensor-ls joined.st | sed -n 2p)" "label  I64  [10]"
}

@test "a stream cut and joined is the same to the byte" {
    stream-make label:I64:5=iota image:U8:5,3,2,2=random3 @source=x >whole.st
    stream-cut 2,0,1 <whole.st | stream-cut 0 | cmp - whole.st
}

@test "files of the reference implementation pass through to the byte" {
    stream-cut 0 <"$FIXTURES/stream-rows.safetensors" | cmp - "$FIXTURES/stream-rows.safetensors"
}

@test "the reference implementation opens what is written here" {
    python=${SAFETENSORS_PYTHON:-python3}
    "$python" -c 'import safetensors, numpy' 2>/dev/null ||
        skip "python3 with safetensors and numpy (SAFETENSORS_PYTHON) is not here; byte equality is tested above"
    stream-make label:I64:3=5,6,7 x:F32:3,2=iota b:U8:3,0=zero @key=value >ours.st
    "$python" - <<'PYTHON'
import safetensors
with safetensors.safe_open("ours.st", "numpy") as f:
    assert f.metadata() == {"key": "value"}
    assert f.get_tensor("label").tolist() == [5, 6, 7]
    assert f.get_tensor("x").tolist() == [[0, 1], [2, 3], [4, 5]]
    assert f.get_tensor("b").shape == (3, 0)
PYTHON
}
