# PRESET=quick, the default: both networks and the report on CIFAR-10 in at most half an hour on two cores.
# Threads of each program; 0: all cores.
threads      := 0

synthetic    := --train 20000 --test 4000
train        := 0
val          := 5000
test         := 0

widths       := 32,64,128,128
blocks       := 0,1,1,1
downsample   := pool
label        := --optimizer muon --muon-lr 0.08 --muon-momentum 0.6 --lr 0.2 --momentum 0.9 --weight-decay 5e-4 \
                --epochs 6 --sizes 20,24,28,32 --size-epochs 2,2,1,1 --batch 128 --warmup 0.2 --label-smoothing 0.1 \
                --translate 2 --flip alternate
rotation     := --optimizer muon --muon-lr 0.08 --muon-momentum 0.6 --lr 0.2 --momentum 0.9 --weight-decay 5e-4 \
                --epochs 3 --batch 256 --warmup 0.2 --label-smoothing 0 --translate 2 --flip alternate

knn_database := 10000
knn_queries  := 2000
cam_studied  := 1000
tsne         := --perplexity 15 --iterations 750
# The map of the first so many test images (0: all), and the images along its longer side.
map_rows     := 0
map_tsne     := --perplexity 30 --iterations 750
map_columns  := 32
