# filters-first.awk: the layout (sheet.gp) of all filters of the first layer of two networks, the picked ones framed.
# Input: the picks of both (KIND INDEX SHARE). count: filters of each; in the sheet those of the second follow.
BEGIN { FS = OFS = "\t" }
FNR == 1 { file++ }
{ picked[file, $2] = 1 }
END {
    columns = count <= 16 ? 4 : 8
    size = 7.2 / columns - 0.1
    for (net = 1; net <= 2; net++) {
        left = net == 1 ? 0.3 : 8.3
        print left + 3.55, 0.25, "-", "-", "center", "big", net == 1 ? "labels" : "rotation"
        for (k = 0; k < count; k++)
            print left + (size + 0.1) * (k % columns), 0.55 + (size + 0.3) * int(k / columns), size, size, \
                (net - 1) * count + k, ((net, k) in picked) ? "mark" : "-", ((net, k) in picked) ? k : "-"
    }
}
