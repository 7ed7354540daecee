# map-images.awk: two mosaics beside each other (sheet.gp). width, height: of both together, in pixels.
BEGIN {
    OFS = "\t"
    each = 7.75
    high = each * height / (width / 2)
    print each / 2, 0.25, "-", "-", "center", "big", "labels"
    print 15.8 - each / 2, 0.25, "-", "-", "center", "big", "rotation"
    print 0, 0.6, each, high, 0, "-", "-"
    print 15.8 - each, 0.6, each, high, 1, "-", "-"
}
