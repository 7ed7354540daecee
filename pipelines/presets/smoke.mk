# PRESET=smoke: the whole report in less than a minute, on a few drawn scenes: does everything work?
# It looks for no CIFAR-10 unless CIFAR10= names one.

synthetic    := --train 3000 --test 500
train        := 2000
val          := 400
test         := 500

widths       := 8,16,32
blocks       := 1,1,1
label        := --epochs 5 --batch 64 --lr 0.1 --warmup 0.2 --label-smoothing 0.1 --weight-decay 5e-4 --crop 2
rotation     := --epochs 3 --batch 128 --lr 0.1 --warmup 0.2 --label-smoothing 0 --weight-decay 5e-4 --crop 2

knn_database := 1000
knn_queries  := 500
cam_studied  := 200
tsne         := --perplexity 15 --iterations 500
