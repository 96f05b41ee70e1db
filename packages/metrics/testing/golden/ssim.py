"""Golden SSIM values for src/ssim/ssim.spec.ts, from scikit-image.

    node packages/metrics/testing/golden/golden.mjs write

The images are drawn by integer arithmetic, in test_images.py and again in testing/test-images.ts; `checksum` shows that
both drew the same. scikit-image returns the map of the whole frame; its own mean leaves out the border where windows are
not whole, and so do we. Packages: those of protocols.py.
"""

import json

import numpy as np
import scipy
import skimage
from skimage.metrics import structural_similarity

from test_images import (
    bright,
    checkerboard,
    disc,
    figure_left,
    figure_right,
    mirrored_ramp,
    mirrored_slope,
    nearly_bright,
    noise,
    ramp,
    slope,
)

PROTOCOLS = {
    "tf": dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255),
    "ggb": dict(data_range=255),
}
WINDOW = {"tf": 11, "ggb": 7}

PAIRS = [
    (ramp, mirrored_ramp, 64, 64),
    (slope, mirrored_slope, 64, 64),
    (checkerboard, ramp, 80, 48),
    (noise, checkerboard, 64, 64),
    (noise, ramp, 11, 11),
    (bright, nearly_bright, 64, 64),
    (figure_left, figure_right, 64, 64),
    (figure_left, figure_right, 256, 256),
]


def checksum(image):
    flat = image.astype(np.int64).ravel()
    return int((flat * (np.arange(flat.size) % 251 + 1)).sum())

def golden(first, second, width, height, protocol):
    a, b = first(width, height), second(width, height)
    score, full = structural_similarity(a, b, channel_axis=2, full=True, **PROTOCOLS[protocol])
    offset = WINDOW[protocol] // 2
    ssim_map = full.mean(-1)[offset : height - offset, offset : width - offset]
    rows, columns = ssim_map.shape
    # The mask reaches beyond the windows on purpose: those pixels do not count.
    mask = disc(width, height, width // 2) | (np.mgrid[0:height, 0:width][1] < 8)
    inside = mask[offset : height - offset, offset : width - offset]
    return {
        "first": first.__name__,
        "second": second.__name__,
        "width": width,
        "height": height,
        "protocol": protocol,
        "checksums": [checksum(a), checksum(b)],
        "ssim": float(score),
        "inside": float(ssim_map[inside].mean()),
        "places": [
            {"row": i, "column": j, "ssim": float(ssim_map[i, j])}
            for i, j in [(0, 0), (0, columns - 1), (rows // 3, columns // 2), (rows - 1, 0), (rows - 1, columns - 1)]
        ],
    }

print(
    json.dumps(
        {
            "origin": f"scikit-image {skimage.__version__}, numpy {np.__version__}, scipy {scipy.__version__}",
            "cases": [golden(*pair, protocol) for protocol in PROTOCOLS for pair in PAIRS],
        },
        indent=1,
    )
)
