"""The peer of evaluate-jpeg and evaluate-png: Pillow reads, scikit-image computes SSIM by protocol `tf`. One line of JSON in,
one out; it computes only between the two."""

import json
import sys
import time

import numpy
import PIL
import scipy
import skimage
from PIL import Image
from skimage.metrics import structural_similarity


def pixels(path):
    with Image.open(path) as image:
        return numpy.asarray(image.convert("RGB"))


def score(real, generated):
    # Window 11 x 11 (truncate 3.5), float64: the documented way to Wang et al.'s numbers.
    return structural_similarity(
        pixels(real),
        pixels(generated),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=2,
    )


def answer(request):
    if request["command"] == "versions":
        return {
            "scikit-image": skimage.__version__,
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "pillow": PIL.__version__,
        }
    start = time.process_time()
    scores = [float(score(real, generated)) for real, generated in request["pairs"]]
    return {"cpuSeconds": time.process_time() - start, "scores": scores}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
