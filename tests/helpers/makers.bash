# Frames and models of a test's own making: `load helpers/makers` after helpers/common.

# blob HEADER BYTES: one frame of that header (with printf's escapes) and so many zeros as data.
blob() {
    local length
    length=$(printf '%b' "$1" | wc -c)
    # shellcheck disable=SC2059 # the length's 8 bytes are an escape made here
    printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((length & 255)) $((length >> 8 & 255)) $((length >> 16 & 255)) \
        $((length >> 24 & 255)))\\0\\0\\0\\0"
    printf '%b' "$1"
    head -c "$2" /dev/zero
}

# tiny WORD...: a whole model of one block and two channels for images of 4 x 4 as one frame; words of stream-make take
# the place of those of the same name, and NAME- leaves one out.
tiny() {
    local -A words
    local norm word
    for norm in bn1 layer1.0.bn1 layer1.0.bn2; do
        set -- "$norm.weight:F32:2=1,2" "$norm.bias:F32:2=0.5,0" "$norm.running_mean:F32:2=0,0.1" \
            "$norm.running_var:F32:2=1,0.5" "$@"
    done
    set -- @architecture=resnet @widths=2 @blocks=1 @height=4 @width=4 @mean=0.5,0.5,0.5 @std=0.25,0.25,0.25 \
        conv1.weight:F32:2,3,3,3=random1 layer1.0.conv1.weight:F32:2,2,3,3=random2 \
        layer1.0.conv2.weight:F32:2,2,3,3=random3 fc.weight:F32:3,2=random4 fc.bias:F32:3=0,1,2 "$@"
    for word; do
        words[${word%%[:=-]*}]=$word
    done
    for word in "${!words[@]}"; do
        [[ ${words[$word]} != "$word-" ]] || unset "words[$word]"
    done
    stream-make "${words[@]}"
}

# wide FIELDS: one frame of two rows with so many fields of no use, and those that the programs read.
wide() {
    local header
    header=$(seq 0 $(($1 - 1)) | awk '
        function field(name, type, shape, bytes) {
            printf ",\"%s\":{\"dtype\":\"%s\",\"shape\":[2%s],", name, type, shape
            printf "\"data_offsets\":[%d,%d]}", at, at += bytes
        }
        { field("t" $1, "U8", "", 2) }
        END {
            field("image", "U8", ",3,32,32", 6144); field("label", "I64", "", 16); field("index", "I64", "", 16)
            field("neighbor_index", "I64", ",1", 16); field("feature", "F32", ",8", 64)
            field("fmap", "F32", ",8,2,2", 256)
        }')
    blob "{${header#,}}" $((2 * $1 + 6512))
}
