"""The network of resnet-train in PyTorch, under torchvision's names: what the tests and benchmarks compare with."""
import json
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U8": np.uint8}


ACTIVATIONS = {"relu": F.relu, "celu": lambda x: F.celu(x, 0.3)}


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, activation=F.relu):
        super().__init__()
        self.activation = activation
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.activation(self.bn1(self.conv1(x)))))
        return self.activation(y + (self.downsample(x) if self.downsample else x))


class Pool(nn.Module):
    """What halves the image before the blocks of a stage, where no block does."""

    def __init__(self, inputs, outputs, activation):
        super().__init__()
        self.activation = activation
        self.conv = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.activation(self.bn(F.max_pool2d(self.conv(x), 2, ceil_mode=True)))


class ResNet(nn.Module):
    """A 3x3 stem without pooling, then stages of basic blocks; every stage but the first halves the image."""

    def __init__(self, widths, blocks, classes, activation=F.relu, downsample="stride"):
        super().__init__()
        self.activation = activation
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.stages = len(widths)
        inputs = widths[0]
        for s, (width, count) in enumerate(zip(widths, blocks)):
            stage = nn.Sequential()
            pools = downsample == "pool" and s > 0
            if pools:
                stage.add_module("pool", Pool(inputs, width, activation))
                inputs = width
            for b in range(count):
                stage.add_module(str(b), Block(inputs, width, 2 if s > 0 and b == 0 and not pools else 1, activation))
                inputs = width
            setattr(self, f"layer{s + 1}", stage)
        self.fc = nn.Linear(inputs, classes)

    def maps(self, x):
        """The maps after the stem and after every block, by name."""
        x = self.activation(self.bn1(self.conv1(x)))
        found = {"conv1": x}
        for s in range(self.stages):
            for b, block in getattr(self, f"layer{s + 1}").named_children():
                x = block(x)
                found[f"layer{s + 1}.{b}"] = x
        return found

    def forward(self, x):
        return self.fc(list(self.maps(x).values())[-1].mean((2, 3)))


def parameter_groups(net, weight_decay):
    """Matrices decay, vectors (batch norms and the classifier's bias) do not."""
    parameters = list(net.parameters())
    return [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0}]


def fold(net):
    """The network in evaluation mode with each batch norm folded into the convolution before it; changes net."""
    def fold_pair(owner, conv, norm):
        owner._modules[conv] = fuse_conv_bn_eval(owner._modules[conv], owner._modules[norm])
        owner._modules[norm] = nn.Identity()

    fold_pair(net, "conv1", "bn1")
    for block in [module for module in net.modules() if isinstance(module, Block)]:
        fold_pair(block, "conv1", "bn1")
        fold_pair(block, "conv2", "bn2")
        if block.downsample:
            fold_pair(block.downsample, "0", "1")
    return net


def read_frames(path):
    """All frames of a tensor stream: pairs of (dict of arrays, dict of metadata)."""
    frames = []
    with open(path, "rb") as file:
        while (size := file.read(8)):
            header = json.loads(file.read(struct.unpack("<Q", size)[0]))
            metadata = header.pop("__metadata__", {})
            tensors = {}
            for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
                begin, end = entry["data_offsets"]
                data = np.frombuffer(file.read(end - begin), DTYPES[entry["dtype"]])
                tensors[name] = data.reshape(entry["shape"])
            frames.append((tensors, metadata))
    return frames


def write_frame(path, tensors, metadata=None):
    """One frame; tensors as arrays or PyTorch tensors. Doubles are stored as F32."""
    header, data, at = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name, value in tensors.items():
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        array = np.ascontiguousarray(array.astype(np.float32) if array.dtype == np.float64 else array)
        dtype = next(key for key, kind in DTYPES.items() if kind == array.dtype)
        header[name] = {"dtype": dtype, "shape": list(np.shape(value)), "data_offsets": [at, at + array.nbytes]}
        data.append(array.tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def load_model(path):
    """A model file as a ResNet in evaluation mode, loaded with strict=True, and its metadata."""
    (tensors, about), = read_frames(path)
    widths = [int(w) for w in about["widths"].split(",")]
    blocks = [int(b) for b in about["blocks"].split(",")]
    net = ResNet(widths, blocks, tensors["fc.bias"].shape[0], ACTIVATIONS[about.get("activation", "relu")],
                 about.get("downsample", "stride"))
    net.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()}, strict=True)
    return net.eval(), about


def normalize(images, about):
    """U8 [N,3,H,W] to floats as the model's metadata say."""
    mean = torch.tensor([float(m) for m in about["mean"].split(",")]).view(1, 3, 1, 1)
    std = torch.tensor([float(s) for s in about["std"].split(",")]).view(1, 3, 1, 1)
    return (torch.from_numpy(images.copy()).float() / 255 - mean) / std
