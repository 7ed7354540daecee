# confusion.gp: the confusion matrix of the classes. cells: TRUE PREDICTED SHARE; names: a table of the classes' names.
load tables
load names_script
# The more classes the larger, up to the page; a long name gets room, and a very long one small letters.
side = places <= 10 ? 8.32 : places < 20 ? 8.32 + 0.25 * (places - 10) : 10.8
smaller = least(1, least(3.6 / (longest * letter), side / places / 0.4))
across = smaller * longest * letter
left = most(2.21, across + 0.75)
low = most(1.87, 0.65 * across + 0.9)
width = least(15.8, left + 1.267 * side + 0.26)
height = low + side + 0.2
load styles
load matrix
name_font = sprintf(',%.1f', points * smaller)
set lmargin at screen left / width; set rmargin at screen 1 - 0.26 / width
set tmargin at screen 1 - 0.2 / height; set bmargin at screen low / height
set xtics rotate by 40 right offset 0, -0.2 font name_font
set ytics font name_font
set label 1 'predicted' at screen (left + width) / 2 / width, screen 0.3 / height center textcolor rgb ink
set label 2 'true' at screen 0.25 / width, screen (low + side / 2) / height center rotate by 90 textcolor rgb ink
plot cells using 2:1:3 with image pixels, \
     cells using 2:1:(places > 20 ? '' : cell($3)):($3 > 0.45 ? 0xffffff : 0x303238) with labels font small \
        textcolor rgb variable
