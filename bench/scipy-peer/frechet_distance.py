"""The peer of bench/fid-statistics.bench.ts: NumPy's mean and covariance and pytorch-fid's distance, as pytorch-fid computes them
from features in memory. Reads the features from a file that the benchmark writes; prints seconds and the distance as JSON.

`frechet_distance` is written after calculate_frechet_distance of pytorch-fid 0.3.0 (Apache-2.0), which does not run with
SciPy 1.18: the same calls in the same order, without the branch for products that are singular.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy import linalg

path, rows, dimensions, rounds = sys.argv[1], *map(int, sys.argv[2:5])
# pytorch-fid keeps features in an array of float64 from the start; the conversion is not timed.
real, generated = np.fromfile(path, np.float32).reshape(2, rows, dimensions).astype(np.float64)


def statistics(features):
    return np.mean(features, axis=0), np.cov(features, rowvar=False)


def frechet_distance(mu1, sigma1, mu2, sigma2):
    covmean = linalg.sqrtm(sigma1.dot(sigma2))
    assert np.isfinite(covmean).all()
    difference = mu1 - mu2
    return difference.dot(difference) + np.trace(sigma1) + np.trace(sigma2) - 2 * np.trace(np.real(covmean))


seconds = []
for _ in range(rounds):
    start = time.perf_counter()
    value = frechet_distance(*statistics(real), *statistics(generated))
    seconds.append(time.perf_counter() - start)
print(
    json.dumps(
        {
            "seconds": seconds,
            "value": float(value),
            "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0]},
        }
    )
)
