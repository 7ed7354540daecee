# filters-second.awk: the layout (sheet.gp) of two pictures beside each other. width, height: of each, in pixels.
BEGIN {
    OFS = "\t"
    scale = width * 10 > height * 7.2 ? 7.2 / width : 10 / height
    print 3.9, 0.25, "-", "-", "center", "big", "labels"
    print 11.9, 0.25, "-", "-", "center", "big", "rotation"
    print 3.9 - scale * width / 2, 0.6, scale * width, scale * height, 0, "-", "-"
    print 11.9 - scale * width / 2, 0.6, scale * width, scale * height, 1, "-", "-"
}
