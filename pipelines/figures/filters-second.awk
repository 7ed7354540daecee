# filters-second.awk: the layout (sheet.gp) of two pictures beside each other.
BEGIN {
    OFS = "\t"
    print 3.9, 0.25, "-", "-", "center", "big", "labels"
    print 11.9, 0.25, "-", "-", "center", "big", "rotation"
    print 0.3, 0.6, 7.2, 7.2, 0, "-", "-"
    print 8.3, 0.6, 7.2, 7.2, 1, "-", "-"
}
