"""Golden SSIM values for src/ssim/ssim.spec.ts, from scikit-image.

    python3 -m venv VENV && VENV/bin/pip install scikit-image==0.26.0 numpy==2.4.6
    VENV/bin/python packages/metrics/testing/golden/ssim.py > packages/metrics/testing/golden/ssim.golden.json

The images are drawn by integer arithmetic, here and again in testing/test-images.ts; `checksum` shows that both drew the
same. scikit-image returns the map of the whole frame; its own mean leaves out the border where windows are not whole, and
so do we.
"""

import json

import numpy as np
import scipy
import skimage
from skimage.metrics import structural_similarity


def ramp(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((3 * x + 5 * y + 40 * c) % 256).astype(np.uint8)


def mirrored_ramp(width, height):
    return ramp(width, height)[:, ::-1]


def slope(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return (x * 255 // (width - 1) + 0 * y + 0 * c).astype(np.uint8)


def mirrored_slope(width, height):
    return slope(width, height)[:, ::-1]


def checkerboard(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return np.where((x // 8 + y // 8) % 2 == 1, 230 - 20 * c, 25 + 10 * c).astype(np.uint8)


def noise(width, height):
    state = 1
    values = []
    for _ in range(3 * width * height):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state >> 24)
    return np.array(values, np.uint8).reshape(height, width, 3)


def bright(width, height):
    return np.full((height, width, 3), 255, np.uint8)


def nearly_bright(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return np.where((7 * x + 3 * y + c) % 11 == 0, 254, 255).astype(np.uint8)


def disc(width, height, cx):
    y, x = np.mgrid[0:height, 0:width]
    return (2 * (x - cx)) ** 2 + (y - height // 2) ** 2 <= (height // 3) ** 2


def figure(width, height, cx):
    """An ellipse with stripes before a light background."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    body = np.where((x + y) // 3 % 2 == 1, 200 - 60 * c, 40 + 50 * c)
    return np.where(disc(width, height, cx)[..., None], body, 230).astype(np.uint8)


def figure_left(width, height):
    return figure(width, height, width // 2 - 4)


def figure_right(width, height):
    return figure(width, height, width // 2 + 3)


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
