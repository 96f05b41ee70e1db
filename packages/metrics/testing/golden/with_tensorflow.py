# /// script
# requires-python = ">=3.11"
# dependencies = ["tensorflow-cpu==2.19.1"]
# ///
"""tf.image.ssim, ssim_multiscale and psnr themselves, in TensorFlow's float32, on drawn boards and figures.

    python3 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.19.1    # 1.5 GB, so golden.mjs leaves it out
    VENV/bin/python packages/metrics/testing/golden/with_tensorflow.py > packages/metrics/testing/golden/tensorflow.golden.json

TensorFlow's own tests use three checkerboards that are in its repository and not in its wheels. The boards here are ours;
the values of its tests cannot be had from them.
"""

import hashlib
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import test_images

PAIRS = [
    (test_images.board, test_images.shifted_board, 256, 256),
    (test_images.board, test_images.dim_board, 256, 256),
    (test_images.shifted_board, test_images.dim_board, 256, 256),
    (test_images.figure_left, test_images.figure_right, 176, 256),
    (test_images.figure_left, test_images.figure_right, 171, 163),
    (test_images.noise, test_images.figure_right, 192, 176),
]


def golden(first, second, width, height):
    a, b = first(width, height), second(width, height)
    # As uint8 with max_val 255, TensorFlow scales both to 0..1 itself.
    return {
        "images": f"{first.__name__} against {second.__name__}, {width} x {height}",
        "drawn": [first.__name__, second.__name__],
        "width": width,
        "height": height,
        "sha256": [hashlib.sha256(np.ascontiguousarray(i).tobytes()).hexdigest() for i in (a, b)],
        "ssim": float(tf.image.ssim(a, b, 255)),
        "ms-ssim": float(tf.image.ssim_multiscale(a[None], b[None], 255)[0]),
        "psnr": float(tf.image.psnr(a, b, 255)),
    }


print(json.dumps({"versions": f"tensorflow {tf.__version__}", "cases": [golden(*pair) for pair in PAIRS]}, indent=1))
