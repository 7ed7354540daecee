# PRESET=quick, the default: both networks and the report on CIFAR-10 in seven minutes on two fast cores.
# Threads of each program; 0: all cores.
threads      := 0

synthetic    := --train 20000 --test 4000
train        := 0
val          := 5000
test         := 0

widths       := 32,64,128
blocks       := 0,1,1
downsample   := pool
label        := --optimizer muon --muon-lr 0.11 --lr 0.05 --epochs 6 --sizes 16,24,32 --batch 256 \
                --label-smoothing 0.2 --activation celu
rotation     := --optimizer muon --muon-lr 0.11 --lr 0.05 --epochs 3 --sizes 16,24,32 --batch 256 \
                --label-smoothing 0 --activation celu

knn_database := 10000
knn_queries  := 2000
# Features are means over the cells of such a grid of the maps, where layers are compared.
depth_grid   := 2
cam_studied  := 1000
tsne         := --perplexity 15 --iterations 750
# The map of the first so many test images (0: all), and the images along its longer side.
map_rows     := 0
map_tsne     := --perplexity 30 --iterations 750
map_columns  := 32
