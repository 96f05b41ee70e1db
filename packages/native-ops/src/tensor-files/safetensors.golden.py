"""Writes safetensors.golden.json: a file made by the reference implementation, as base64, and the values in it.

    pip install safetensors==0.8.0 numpy && python safetensors.golden.py

With `check FILE` it reads a file of ours instead and prints its values as JSON.
"""

import base64
import json
import sys
from pathlib import Path

import numpy
from safetensors import safe_open
from safetensors.numpy import save

# One tensor of each type that float32Values reads but BF16, which NumPy lacks, and two that a checkpoint may hold beside;
# a scalar, an empty tensor, a name beyond ASCII and one that is a number.
tensors = {
    "generator/kernel": numpy.array([[1.5, -2.25], [3e-38, 65504.0]], numpy.float32),
    "half": numpy.array([1.0, -0.5, 6e-8, 65504.0, numpy.inf], numpy.float16),
    "double": numpy.array([0.1, -1e300], numpy.float64),
    "mask": numpy.array([0, 128, 255], numpy.uint8),
    "count": numpy.array(7, numpy.int64),
    "empty": numpy.zeros((0, 3), numpy.float32),
    "x̂": numpy.array([1], numpy.int32),
    "10": numpy.array([10.0], numpy.float32),
}


def values(array):
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": [str(v) for v in array.flatten().tolist()]}


if sys.argv[1:2] == ["check"]:
    with safe_open(sys.argv[2], "numpy") as file:
        read = {name: values(file.get_tensor(name)) for name in sorted(file.keys())}
        print(json.dumps({"metadata": file.metadata(), "tensors": read}))
else:
    golden = {
        "source": "safetensors 0.8.0, numpy, through safetensors.golden.py",
        "file": base64.b64encode(save(tensors, metadata={"format": "np"})).decode(),
        "tensors": {name: values(array) for name, array in tensors.items()},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, indent=2, ensure_ascii=False) + "\n")
