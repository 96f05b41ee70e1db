# /// script
# requires-python = ">=3.11"
# dependencies = ["piq==0.8.0"]
# ///
"""SSIM, MS-SSIM and PSNR by piq in float64, on the images of testing/test-images.ts.

    node packages/metrics/testing/golden/golden.mjs write    # PyTorch is that of bench/pytorch-peer

Sides are multiples of 16: piq pads odd ones with zeros, which TensorFlow and Wang et al. do not.
"""

import hashlib
import importlib.util
import json
import os
import sys
import types

import numpy as np

if "GGB_LAZY_BINDING" in os.environ:
    # bench/pytorch-peer leaves CUDA's libraries out: their functions may only be looked up when they are called.
    sys.setdlopenflags(os.RTLD_LAZY)

import torch

import test_images

# The package's own __init__ loads torchvision, for metrics that are not used here: stand in for it, keep its folder.
package = types.ModuleType("piq")
package.__path__ = importlib.util.find_spec("piq").submodule_search_locations
sys.modules["piq"] = package
psnr = importlib.import_module("piq.psnr").psnr
ssim = importlib.import_module("piq.ssim").ssim
multi_scale_ssim = importlib.import_module("piq.ms_ssim").multi_scale_ssim

PAIRS = [
    (test_images.figure_left, test_images.figure_right, 176, 256),
    (test_images.ramp, test_images.mirrored_ramp, 176, 176),
    (test_images.noise, test_images.figure_right, 192, 176),
    (test_images.bright, test_images.nearly_bright, 176, 192),
]


def tensor(image):
    return torch.from_numpy(image.astype(np.float64)).permute(2, 0, 1)[None]


def golden(first, second, width, height):
    a, b = first(width, height), second(width, height)
    x, y = tensor(a), tensor(b)
    window = dict(kernel_size=11, kernel_sigma=1.5, data_range=255.0)
    return {
        "images": f"{first.__name__} against {second.__name__}, {width} x {height}",
        "drawn": [first.__name__, second.__name__],
        "width": width,
        "height": height,
        "sha256": [hashlib.sha256(np.ascontiguousarray(i).tobytes()).hexdigest() for i in (a, b)],
        "ssim": float(ssim(x, y, downsample=False, **window)),
        "ms-ssim": float(multi_scale_ssim(x, y, **window)),
        # piq adds 1e-8 to the mean squared error of images in 0..1; taken out again.
        "psnr": float(-10 * torch.log10(10 ** (-psnr(x, y, data_range=255.0) / 10) - 1e-8)),
    }


print(json.dumps({"versions": f"piq 0.8.0, torch {torch.__version__}", "cases": [golden(*pair) for pair in PAIRS]}, indent=1))
