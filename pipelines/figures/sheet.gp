# sheet.gp: tiles of a contact sheet laid out with words and frames, from a table.
# tiles: the stem of the tiles' files (STEM_NUMBER.png), each tile_width x tile_height pixels; width, height: of the
# drawing in cm; rows: the table, one thing a line:
#   x  y  w  h  tile  verdict  text     tile number `tile` with its left upper corner at (x, y) cm from the left upper
#                                       corner of the drawing, w x h cm; text stands below it; verdict: right (thin blue
#                                       frame), wrong (thick dashed red frame, red text), mark (dark frame) or -;
#                                       a text of - is none
#   x  y  -  -  align  size  text  room words at (x, y), centred in height; align: left, center or right; size: big or
#                                       small; room: cm that they may take, all that there are where it is not told
# Words that need more room than they have, such as long names, are written smaller, and cut short where that does not
# do.
load styles
# How much smaller a text must be written; below 0.66 it is cut.
shrunk(text, room, letter_width) = strlen(text) * letter_width <= 1.1 * room ? 1 : \
    most(0.66, room / (strlen(text) * letter_width))
fitted(text, room, letter_width) = strlen(text) * letter_width * 0.66 <= 1.1 * room ? text : \
    text[1:most(1, int(1.1 * room / (letter_width * 0.66)) - 1)].'…'
small_points = points * 0.8
set margins 0, 0, 0, 0
unset border; unset tics; unset key; unset grid
set xrange [0:width]; set yrange [0:height]

stats rows using (0) nooutput
things = STATS_records
array X[things]; array Y[things]; array W[things]; array H[things]; array K[things]; array V[things]; array T[things]
array R[things]
i = 0
stats rows using (i = i + 1, X[i] = column(1), Y[i] = height - column(2), W[i] = strcol(3), H[i] = strcol(4), \
    K[i] = strcol(5), V[i] = strcol(6), T[i] = strcol(7), R[i] = valid(8) ? column(8) : 0, 0) nooutput

count = 0
array tile[things]
do for [i = 1:things] {
    if (W[i] eq '-') {
        room = R[i] > 0 ? R[i] : K[i] eq 'right' ? X[i] : K[i] eq 'left' ? width - X[i] : 2 * least(X[i], width - X[i])
        size = V[i] eq 'big' ? points : small_points
        wide = letter * size / points
        set label i fitted(T[i], room, wide) at X[i], Y[i] font sprintf(',%.1f', size * shrunk(T[i], room, wide)) \
            textcolor rgb ink noenhanced
        if (K[i] eq 'center') { set label i center }
        if (K[i] eq 'right')  { set label i right }
    } else {
        count = count + 1
        tile[count] = i
        w = real(W[i]); h = real(H[i])
        wide = letter * 0.8
        if (T[i] ne '-') { set label i fitted(T[i], w + 0.04, wide) at X[i] + w / 2, Y[i] - h - 0.17 center \
            font sprintf(',%.1f', small_points * shrunk(T[i], w + 0.04, wide)) \
            textcolor rgb (V[i] eq 'wrong' ? red : ink) noenhanced }
        if (V[i] eq 'right') { set object rectangle from X[i], Y[i] to X[i] + w, Y[i] - h front fillstyle empty border \
            linecolor rgb blue linewidth 1.5 }
        if (V[i] eq 'wrong') { set object rectangle from X[i], Y[i] to X[i] + w, Y[i] - h front fillstyle empty border \
            linecolor rgb red linewidth 2.4 dashtype (4, 2) }
        if (V[i] eq 'mark') { set object rectangle from X[i], Y[i] to X[i] + w, Y[i] - h front fillstyle empty border \
            linecolor rgb ink linewidth 1.5 }
    }
}
file(j) = sprintf('%s_%s.png', tiles, K[tile[j]])
dx(j) = real(W[tile[j]]) / tile_width
dy(j) = real(H[tile[j]]) / tile_height
plot for [j = 1:count] file(j) binary filetype=png dx=dx(j) dy=dy(j) \
    origin=(X[tile[j]] + dx(j) / 2, Y[tile[j]] - real(H[tile[j]]) + dy(j) / 2) with rgbimage
