"""Converts a published Inception-v3 (a PyTorch state dict) to safetensors. Executes nothing that the file contains.

    pip install torch numpy safetensors
    python convert-inception-weights.py pt_inception-2015-12-05-6726825d.pth inception-2015-12-05.safetensors

docs/how-to/inception-weights.md says which files there are and whose numbers they give. Nothing is downloaded.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

PUBLISHED = {
    "6726825d": "the graph of 2015-12-05, as torch-fidelity and pytorch-fid publish it",
    "0cc3c7bd": "torchvision's IMAGENET1K_V1",
    "1a9a5a14": "torchvision's first file",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a .pth file with a state dict")
    parser.add_argument("target", type=Path, help="the .safetensors file to write")
    arguments = parser.parse_args()

    sha256 = hashlib.sha256(arguments.source.read_bytes()).hexdigest()
    # weights_only: tensors and nothing else; a file that wants to run code is refused.
    state = torch.load(arguments.source, map_location="cpu", weights_only=True)
    if "fc.weight" not in state or state["fc.weight"].shape not in [(1008, 2048), (1000, 2048)]:
        sys.exit(f"{arguments.source}: no Inception-v3: fc.weight is not [1008, 2048] or [1000, 2048].")
    # Of training alone: auxiliary classifiers and counters of batches.
    tensors = {
        name: value.contiguous().float()
        for name, value in state.items()
        if not name.startswith("AuxLogits.") and not name.endswith("num_batches_tracked")
    }
    unfinished = arguments.target.with_name(arguments.target.name + ".tmp")
    save_file(tensors, unfinished, metadata={"source": arguments.source.name, "source_sha256": sha256})
    unfinished.replace(arguments.target)
    known = next((text for prefix, text in PUBLISHED.items() if sha256.startswith(prefix)), "no file known here")
    written = hashlib.sha256(arguments.target.read_bytes()).hexdigest()
    print(f"{arguments.source}: {known}\n  SHA-256 {sha256}\n{arguments.target}: {len(tensors)} tensors\n  SHA-256 {written}")


if __name__ == "__main__":
    main()
