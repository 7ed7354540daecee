# run.awk: facts of the data, the network and the options. Input: NAME<TAB>VALUE, and after them the model as tensor-ls
# lists it. What the data are follows from what they say of themselves (source) and from their classes: other pictures
# may lie in the layout of CIFAR-10.
BEGIN { FS = "\t" }
$1 == "data.origin" { origin = $2 }
$1 ~ /^(data|run|net)\./ { print; next }
NF == 2 { given[$1] = $2; next }

# The parameters: all tensors but the running statistics of the batch norms.
match($0, /\[[0-9,]*\]/) && !/running_|num_batches_tracked/ {
    count = split(substr($0, RSTART + 1, RLENGTH - 2), size, ",")
    product = 1
    for (i = 1; i <= count; i++)
        product *= size[i]
    parameters += product
}

# --epochs 10 --crop 4 -> option["epochs", net]
function read_options(net,    word, count, i, name) {
    count = split(given["options." net], word, " ")
    for (i = 1; i <= count; i++)
        if (word[i] ~ /^--/) {
            name = word[i]
            if (!(name in seen)) {
                seen[name] = 1
                option[++options] = name
            }
            chosen[name, net] = i < count && word[i + 1] !~ /^--/ ? word[i + 1] : "yes"
        }
}
function after(text, name,    word, count, i) {
    count = split(text, word, " ")
    for (i = 1; i < count; i++)
        if (word[i] == name)
            return word[i + 1]
    return ""
}
function data_kind(source) {
    if (source ~ /^cifar-synth/)
        return "synthetic"
    return source == "CIFAR-10" && given["classes"] == "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck" ? \
        "cifar" : "own"
}
END {
    if ("source" in given) {
        source = given["source"]
        sub(/ train$/, "", source)
        kind = data_kind(source)
        print "data.kind\t" kind
        print "data.name\t" (kind == "synthetic" ? "synthetic scenes" : kind == "own" && source == "CIFAR-10" ? \
            origin : source)   # what has no name of its own is called by its folder's
    }
    count = split(given["classes"], name, ",")
    print "data.classes\t" count
    for (k = 1; k <= count; k++)
        print "class." k - 1 "\t" name[k]
    stages = split(given["widths"], width, ",")
    split(given["blocks"], blocks, ",")
    print "net.stages\t" stages
    print "net.parameters\t" parameters
    for (s = 1; s <= stages; s++)
        print "net.width." s "\t" width[s] "\nnet.blocks." s "\t" blocks[s]
    read_options("label")
    read_options("rotation")
    for (i = 1; i <= options; i++) {
        print "option." i "\t" option[i]
        print "option.label." i "\t" ((option[i], "label") in chosen ? chosen[option[i], "label"] : "default")
        print "option.rotation." i "\t" ((option[i], "rotation") in chosen ? chosen[option[i], "rotation"] : "default")
    }
    print "label.smoothing\t" after(given["options.label"], "--label-smoothing") + 0
    print "tsne.perplexity\t" after(given["options.tsne"], "--perplexity")
    print "tsne.per_class\t" given["per_class"]
}
