# samples.awk: the layout (sheet.gp) of a sheet with `each` images of every class, class by class. names (in
# the environment, where no escape is read in them): of the classes, comma-separated.
BEGIN {
    OFS = "\t"
    classes = split(ENVIRON["names"], name, ",")
    for (k = 0; k < classes; k++) {
        print 2.3, 0.55 + 1.08 * k, "-", "-", "right", "big", name[k + 1]
        for (i = 0; i < each; i++)
            print 2.5 + 1.08 * i, 0.05 + 1.08 * k, 1, 1, k * each + i, "-", "-"
    }
}
