# Looking into pictures: `load helpers/pictures` after helpers/common.

# size FILE: its width and height.
size() {
    pamfile -size "$1"
}

# pixel FILE X Y: the colour there, as rrggbb.
pixel() {
    pamcut -left "$2" -top "$3" -width 1 -height 1 "$1" | tail -c 3 | od -An -tx1 | tr -d ' \n'
}

# colours FILE: how many different ones there are, or with a colour as rrggbb, how many pixels have it.
colours() {
    if [ $# == 1 ]; then
        ppmhist -noheader -hexcolor "$1" | wc -l
    else
        tail -c +"$(($(head -n 3 "$1" | wc -c) + 1))" "$1" | od -An -v -w3 -tx1 | tr -d ' ' | grep -c "^$2\$" || true
    fi
}
