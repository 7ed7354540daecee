# matrix.gp: how to draw a table of shares as coloured cells with their numbers. Loaded by confusion.gp and turns.gp
# after `cells` (ROW COLUMN SHARE), the array Name and `places` are set.
set palette defined (0 '#ffffff', 0.15 '#dbe8f6', 0.4 '#92bbe6', 0.7 '#3f7fc4', 1 '#123a73')
set cbrange [0:1]
unset colorbox; unset grid; unset key
set border 15 linecolor rgb '#808389' linewidth 0.5
set xrange [-0.5:places - 0.5]; set yrange [places - 0.5:-0.5]
set xtics () scale 0 noenhanced; set ytics () scale 0 noenhanced
do for [k = 0:places - 1] {
    set xtics add (tic(Name[k + 1]) k)
    set ytics add (tic(Name[k + 1]) k)
}
cell(share) = share >= 0.005 ? sprintf('%.0f', 100 * share) : ''
