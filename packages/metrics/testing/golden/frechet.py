"""Golden distances and scores for src/frechet-distance and src/inception-score: torch-fidelity and pytorch-fid on drawn features.

    (environment as in inception.py)
    VENV/bin/python packages/metrics/testing/golden/frechet.py > packages/metrics/testing/golden/frechet.golden.json
"""

import base64
import contextlib
import importlib.metadata
import io
import json
import sys

import numpy as np
import torch
from drawn_numbers import features, logits
from pytorch_fid.fid_score import calculate_frechet_distance
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric

# rows of a, rows of b, dimensions, seeds, shift of b: full rank, one set of low rank, two images each, and the real size.
CASES = [
    (500, 300, 64, 1, 2, 0.1),
    (40, 300, 64, 3, 4, 0.0),
    (2, 2, 64, 5, 6, 0.2),
    (300, 300, 64, 7, 8, 0.0),
    (2200, 2100, 2048, 9, 10, 0.02),
]


def distance(rows_a, rows_b, dimensions, seed_a, seed_b, shift):
    a, b = features(rows_a, dimensions, seed_a, 0.0), features(rows_b, dimensions, seed_b, shift)
    print(f"{rows_a} and {rows_b} of {dimensions} ...", file=sys.stderr)
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (a, b)]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    moments = [(x.mean(axis=0, dtype=np.float64), np.cov(x, rowvar=False)) for x in (a, b)]
    # It prints where it adds to the diagonals.
    with contextlib.redirect_stdout(sys.stderr):
        other = calculate_frechet_distance(*moments[0], *moments[1])
    return {
        "rows": [rows_a, rows_b],
        "dimensions": dimensions,
        "seeds": [seed_a, seed_b],
        "shift": shift,
        "sums": [float(a.sum(dtype=np.float64)), float(b.sum(dtype=np.float64))],
        "torchFidelity": float(theirs),
        "pytorchFid": float(other),
    }


def score(rows, classes, seed, splits):
    drawn = logits(rows, classes, seed)
    result = isc_features_to_metric(torch.from_numpy(drawn), splits=splits, shuffle=False)
    return {
        "rows": rows,
        "classes": classes,
        "seed": seed,
        "splits": splits,
        "mean": float(result["inception_score_mean"]),
        "standardDeviation": float(result["inception_score_std"]),
    }


def statistics_file(save):
    """mu and sigma as pytorch-fid --save-stats writes them, stored and compressed."""
    x = features(20, 3, 11, 0.0)
    buffer = io.BytesIO()
    save(buffer, mu=np.mean(x.astype(np.float64), axis=0), sigma=np.cov(x, rowvar=False))
    return base64.b64encode(buffer.getvalue()).decode()


versions = {name: importlib.metadata.version(name) for name in ["torch", "torch-fidelity", "pytorch-fid", "numpy", "scipy"]}
print(
    json.dumps(
        {
            "origin": ", ".join(f"{name} {version}" for name, version in versions.items()) + ", through frechet.py",
            "distances": [distance(*case) for case in CASES],
            "scores": [score(107, 20, 12, 10), score(60, 1008, 13, 10), score(25, 5, 14, 1)],
            "files": {
                "rows": 20,
                "dimensions": 3,
                "seed": 11,
                "stored": statistics_file(np.savez),
                "deflated": statistics_file(np.savez_compressed),
            },
        },
        indent=1,
    )
)
