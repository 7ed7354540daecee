# enough.awk: are there images enough to tell the tale? Input: the labels of the training, the validation and the test
# images. Says what is missing and fails, or prints how many there are.
FNR == 1 { part++ }
{
    count[part]++
    if (part == 3 && !($1 in seen)) {
        seen[$1] = 1
        classes++
    }
}
END {
    split("training validation test", name, " ")
    for (i = 1; i <= 3; i++) {
        # ten neighbours, ten largest losses, ten images on a map
        if (count[i] < 10) {
            printf "report: %d %s images are too few: the report shows ten\n", count[i], name[i] | "cat >&2"
            failed = 1
        }
        print name[i] "\t" count[i] + 0
    }
    if (classes < 2 && !failed) {
        print "report: all test images are of one class: there is nothing to tell apart" | "cat >&2"
        failed = 1
    }
    exit failed
}
