# PRESET=smoke: the whole report in less than a minute, on a few drawn scenes: does everything work?
# It looks for no CIFAR-10 unless CIFAR10= names one.
# Threads of each program: such small networks gain nothing from more.
threads      := 1

synthetic    := --train 5000 --test 600
train        := 4000
val          := 400
test         := 600

widths       := 8,16,32
blocks       := 0,1,1
downsample   := pool
label        := --optimizer muon --muon-lr 0.05 --lr 0.02 --weight-decay 5e-4 --epochs 6 --batch 32 --warmup 0.2 \
                --label-smoothing 0.2 --translate 2 --flip random --stem trained
rotation     := --optimizer muon --muon-lr 0.05 --lr 0.02 --weight-decay 5e-4 --epochs 2 --batch 64 --warmup 0.2 \
                --label-smoothing 0 --translate 2 --flip random --stem trained

knn_database := 2000
knn_queries  := 600
# Features are means over the cells of such a grid of the maps, where layers are compared.
depth_grid   := 2
cam_studied  := 600
tsne         := --perplexity 15 --iterations 500
# The map of the first so many test images (0: all), and the images along its longer side.
map_rows     := 0
map_tsne     := --perplexity 15 --iterations 400
map_columns  := 12
