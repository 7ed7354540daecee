# cam-odd.awk: the layout (sheet.gp) of what seems counter-intuitive. The sheet has image and overlay of: the surest
# mistake for the predicted class, the same for the true class, and the right prediction away from the middle.
# Input: facts. names (in the environment): of the classes. Where nothing was mistaken, its place stays empty.
BEGIN { FS = OFS = "\t"; split(ENVIRON["names"], name, ",") }
{ fact[$1] = $2 }
function class(key) { return name[fact[key] + 1] }
END {
    if (fact["odd.wrong.probability"] == 0)
        print 5.1, 2.1, "-", "-", "center", "big", "no mistake"
    else {
        print 5.1, 0.25, "-", "-", "center", "big", "a sure mistake"
        print 0.2, 0.6, 3, 3, 0, "-", "it is: " class("odd.wrong.label")
        print 3.6, 0.6, 3, 3, 1, "wrong", "speaks for: " class("odd.wrong.prediction")
        print 7.0, 0.6, 3, 3, 3, "-", "speaks for: " class("odd.wrong.label")
    }
    print 13.15, 0.25, "-", "-", "center", "big", "right, from the border"
    print 10.6, 0.6, 2.5, 2.5, 4, "-", "-"
    print 13.2, 0.6, 2.5, 2.5, 5, "-", "-"
    print 13.15, 3.3, "-", "-", "center", "small", class("odd.edge.label")
}
