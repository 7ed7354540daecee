# matrix.gp: how to draw a table of shares as coloured cells with their numbers. Loaded by confusion.gp and turns.gp
# after `cells` (ROW COLUMN SHARE), `names` (comma-separated) and `places` are set.
set datafile separator "\t"
set palette defined (0 '#ffffff', 0.15 '#dbe8f6', 0.4 '#92bbe6', 0.7 '#3f7fc4', 1 '#123a73')
set cbrange [0:1]
unset colorbox; unset grid; unset key
set border 15 linecolor rgb '#808389' linewidth 0.5
set xrange [-0.5:places - 0.5]; set yrange [places - 0.5:-0.5]
name(k) = word(system(sprintf("echo '%s' | tr ' ,' '_ '", names)), k + 1)
set xtics () scale 0; set ytics () scale 0
do for [k = 0:places - 1] {
    set xtics add (name(k) k)
    set ytics add (name(k) k)
}
cell(share) = share >= 0.005 ? sprintf('%.0f', 100 * share) : ''
