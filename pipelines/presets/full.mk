# PRESET=full: larger networks, trained for longer; some hours on two cores.
# Threads of each program; 0: all cores.
threads      := 0

synthetic    := --train 50000 --test 10000
train        := 0
val          := 5000
test         := 0

widths       := 32,64,256,256
blocks       := 0,1,1,1
downsample   := pool
label        := --optimizer sgd --epochs 30 --batch 128 --lr 0.1 --warmup 0.2 --label-smoothing 0.1 \
                --weight-decay 5e-4 --crop 4 --flip random
rotation     := --optimizer sgd --epochs 20 --batch 256 --lr 0.1 --warmup 0.2 --label-smoothing 0 --weight-decay 5e-4 \
                --crop 4 --flip random

knn_database := 45000
knn_queries  := 10000
cam_studied  := 10000
tsne         := --perplexity 15 --iterations 1000
# The map of the first so many test images (0: all), and the images along its longer side.
map_rows     := 0
map_tsne     := --perplexity 30 --iterations 1000
map_columns  := 40
