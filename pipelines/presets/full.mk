# PRESET=full: larger networks, trained for longer: names about 94 % of the test images.
# Its trainings take eighteen minutes on two fast cores, the whole report twenty-five.
# Threads of each program; 0: all cores.
threads      := 0

synthetic    := --train 50000 --test 10000
train        := 0
val          := 5000
test         := 0

widths       := 32,64,256
blocks       := 0,1,2
downsample   := pool
label        := --optimizer muon --muon-lr 0.11 --lr 0.05 --epochs 14 --sizes 16,24,32 --size-epochs 4,4,6 --batch 256 \
                --label-smoothing 0.2 --activation celu
rotation     := --optimizer muon --muon-lr 0.11 --lr 0.05 --epochs 3 --sizes 16,32 --size-epochs 1,2 --batch 256 \
                --label-smoothing 0 --activation celu

knn_database := 45000
knn_queries  := 10000
# Features are means over the cells of such a grid of the maps, where layers are compared.
depth_grid   := 2
cam_studied  := 10000
tsne         := --perplexity 15 --iterations 1000
# The map of the first so many test images (0: all), and the images along its longer side.
map_rows     := 0
map_tsne     := --perplexity 30 --iterations 1000
map_columns  := 40
