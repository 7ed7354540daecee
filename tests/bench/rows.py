"""What the benchmarks of knn and tsne share: streams written and read without any library, programs timed."""
import array
import json
import os
import struct
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN", os.path.join(ROOT, "build", "bin"))


def write_tensors(path, tensors):
    """One frame: of each name its type, its shape, and an array of its values; widest types first."""
    header, at = {}, 0
    for name, (kind, shape, values) in tensors.items():
        size = values.itemsize * len(values)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, values in tensors.values():
            values.tofile(file)


def write_features(path, rows, dimension, values, label):
    """One frame: feature F32 [rows, dimension] from an array of floats, label I64 [rows] from an array of longs."""
    write_tensors(path, {"label": ("I64", [rows], label), "feature": ("F32", [rows, dimension], values)})


def read_field(path, field, kind):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        entry = json.loads(file.read(size))[field]
        begin, end = entry["data_offsets"]
        file.seek(8 + size + begin)
        return entry["shape"], array.array(kind, file.read(end - begin))


def read_floats(path, field):
    """The F32 field of the first frame: its shape and an array of its values."""
    return read_field(path, field, "f")


def read_integers(path, field):
    """The values of the I64 field of the first frame."""
    return read_field(path, field, "q")[1]


def run(program, arguments, source, target):
    """Run a program from file to file; its seconds and what it said."""
    with open(source, "rb") as stdin, open(target, "wb") as stdout:
        start = time.monotonic()
        done = subprocess.run([os.path.join(BIN, program), *arguments], stdin=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, check=True)
        return time.monotonic() - start, done.stderr


def available(module):
    """Whether the peer is installed for this python."""
    return subprocess.run([sys.executable, "-c", f"import {module}"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0
