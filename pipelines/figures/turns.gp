# turns.gp: turns shown and answered, and for each class the share of turns found beside the share of names found.
# cells: SHOWN ANSWERED SHARE; rows: CLASS TURNS NAMES; names: a table of the classes' names.
load tables
load names_script
# The more classes the higher, up to the page.
side = places <= 12 ? 4.9 : places < 60 ? 4.9 + 0.25 * (places - 12) : 17
width = 15.8; height = side + 2.3
load styles
low = 1.73 / height; high = 1 - 0.57 / height
name_font = sprintf(',%.1f', points * least(1, least(2.9 / (longest * letter), side / places / 0.4)))
array Class[places]
do for [k = 1:places] { Class[k] = Name[k] }
classes = places
array Name[4] = ['0', '90', '180', '270']
places = 4
set multiplot
load matrix
set lmargin at screen 0.08; set rmargin at screen 0.39; set tmargin at screen high
set bmargin at screen high - 4.9 / height
set title 'turns, in degrees' textcolor rgb ink offset 0, -0.5
set xlabel 'answered' textcolor rgb ink offset 0, 0.2
set ylabel 'shown' textcolor rgb ink offset 1, 0
plot cells using 2:1:3 with image pixels, \
     cells using 2:1:(cell($3)):($3 > 0.45 ? 0xffffff : 0x303238) with labels textcolor rgb variable

set lmargin at screen 0.58; set rmargin at screen 0.975; set bmargin at screen low
set title 'found, by class (%)'
unset xlabel; unset ylabel; unset ytics; unset xtics
set border 1
set xrange [0:100]; set yrange [classes - 0.5:-0.5]
set xtics 0, 20 nomirror out scale 0.5 textcolor rgb ink
set ytics () nomirror scale 0 noenhanced font name_font textcolor rgb ink
do for [k = 0:classes - 1] { set ytics add (tic(Class[k + 1]) k) }
set grid ytics linecolor rgb pale linewidth 0.5
legend = 0.36 / height
set label 1 'its turn (rotation)' at screen 0.63, screen legend textcolor rgb ink
set label 2 '' at screen 0.61, screen legend point pointtype 9 pointsize 0.9 linecolor rgb red
set label 3 'its name (labels)' at screen 0.83, screen legend textcolor rgb ink
set label 4 '' at screen 0.81, screen legend point pointtype 7 pointsize 0.8 linecolor rgb blue
plot rows using (100 * $2):1:(100 * ($3 - $2)):(0) with vectors nohead linecolor rgb '#b0b3b8' linewidth 1.4, \
     rows using (100 * $3):1 with points pointtype 7 pointsize 0.8 linecolor rgb blue, \
     rows using (100 * $2):1 with points pointtype 9 pointsize 0.9 linecolor rgb red
unset multiplot
