# cam-both.awk: the layout (sheet.gp) of the maps of two networks for the same images. The sheet has image and overlay
# of each row of the first network, then of the second. Input: LABEL PREDICTION of the first, then PREDICTION of the
# second. names (in the environment): of the classes, comma-separated.
BEGIN {
    FS = OFS = "\t"
    split(ENVIRON["names"], name, ",")
    print 1.3, 0.75, "-", "-", "right", "small", "image"
    print 1.3, 2.45, "-", "-", "right", "small", "labels"
    print 1.3, 4.4, "-", "-", "right", "small", "rotation"
}
FNR == 1 { file++ }
file == 1 { label[FNR] = $1; prediction[FNR] = $2; images = FNR }
file == 2 { turn[FNR] = $1 }
END {
    size = (images < 10 ? 1.42 : 14.2 / images) - 0.06
    for (i = 1; i <= images; i++) {
        left = 1.5 + (size + 0.06) * (i - 1)
        print left, 0.1, size, size, 2 * (i - 1), "-", "-"
        print left, 1.75, size, size, 2 * (i - 1) + 1, prediction[i] == label[i] ? "-" : "wrong", \
            name[prediction[i] + 1]
        print left, 3.7, size, size, 2 * (images + i - 1) + 1, turn[i] == 0 ? "-" : "wrong", 90 * turn[i] "°"
    }
}
