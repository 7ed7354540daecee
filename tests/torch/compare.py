#!/usr/bin/env python3
"""compare.py MODEL ROWS [LAYER [GRID]]: load a model with strict=True and hold resnet-embed's rows against PyTorch.

ROWS is a stream with image and any of feature (of LAYER, or `last`; on a grid), logit, prediction, loss (of the field
that the model's task names) and fmap. Prints the largest difference of each; exit 1 where one is larger than 1e-4 of
the largest value, 77 where PyTorch is not installed."""
import sys

try:
    import torch
    from torch.nn import functional as F
except ImportError:
    sys.exit(77)
import resnet

net, about = resnet.load_model(sys.argv[1])
layer = sys.argv[3] if len(sys.argv) > 3 else "last"
grid = int(sys.argv[4]) if len(sys.argv) > 4 else 1
bad = 0
for tensors, _ in resnet.read_frames(sys.argv[2]):
    with torch.no_grad():
        maps = net.maps(resnet.normalize(tensors["image"], about))
        last = list(maps.values())[-1]
        logit = net.fc(last.mean((2, 3)))
        tapped = last if layer == "last" else maps[layer]
        want = {"feature": F.adaptive_avg_pool2d(tapped, grid).flatten(1), "logit": logit,
                "prediction": logit.argmax(1), "fmap": last}
        if "loss" in tensors:
            target = torch.from_numpy(tensors[about["task"]].copy())
            want["loss"] = F.cross_entropy(logit, target, reduction="none")
    for name, value in want.items():
        if name not in tensors:
            continue
        got = torch.from_numpy(tensors[name].copy())
        difference = (got - value).abs().max().item()
        bound = 0 if name == "prediction" else 1e-4 * value.abs().max().item()
        print(f"{name}: {difference:g}")
        if got.shape != value.shape or not difference <= bound:
            print(f"{name}: differs (at most {bound:g})", file=sys.stderr)
            bad = 1
sys.exit(bad)
