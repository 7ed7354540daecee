# turns.gp: turns shown and answered, and for each class the share of turns found beside the share of names found.
# cells: SHOWN ANSWERED SHARE; rows: CLASS TURNS NAMES; classes: names of the classes.
width = 15.8; height = 7.2
load styles
set datafile separator "\t"
stats rows using 1 nooutput
last = STATS_max
set multiplot
names = '0,90,180,270'
places = 4
load matrix
set lmargin at screen 0.08; set rmargin at screen 0.39; set tmargin at screen 0.92; set bmargin at screen 0.24
set title 'turns, in degrees' textcolor rgb ink offset 0, -0.5
set xlabel 'answered' textcolor rgb ink offset 0, 0.2
set ylabel 'shown' textcolor rgb ink offset 1, 0
plot cells using 2:1:3 with image pixels, \
     cells using 2:1:(cell($3)):($3 > 0.45 ? 0xffffff : 0x303238) with labels textcolor rgb variable

names = classes
places = int(last) + 1
set lmargin at screen 0.58; set rmargin at screen 0.975
set title 'found, by class (%)'
unset xlabel; unset ylabel; unset ytics; unset xtics
set border 1
set xrange [0:100]; set yrange [places - 0.5:-0.5]
set xtics 0, 20 nomirror out scale 0.5 textcolor rgb ink
set ytics () nomirror scale 0 textcolor rgb ink
do for [k = 0:places - 1] { set ytics add (name(k) k) }
set grid ytics linecolor rgb pale linewidth 0.5
set label 1 'its turn (rotation)' at screen 0.63, screen 0.05 textcolor rgb ink
set label 2 '' at screen 0.61, screen 0.05 point pointtype 9 pointsize 0.9 linecolor rgb red
set label 3 'its name (labels)' at screen 0.83, screen 0.05 textcolor rgb ink
set label 4 '' at screen 0.81, screen 0.05 point pointtype 7 pointsize 0.8 linecolor rgb blue
plot rows using (100 * $2):1:(100 * ($3 - $2)):(0) with vectors nohead linecolor rgb '#b0b3b8' linewidth 1.4, \
     rows using (100 * $3):1 with points pointtype 7 pointsize 0.8 linecolor rgb blue, \
     rows using (100 * $2):1 with points pointtype 9 pointsize 0.9 linecolor rgb red
unset multiplot
