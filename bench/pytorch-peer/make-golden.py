"""Writes the golden files that hold @ggb/core's training step against this peer: losses and weights of five iterations.

    .ggb/pytorch-peer/bin/python bench/pytorch-peer/make-golden.py && npm run format

Computed in float64, so that the files do not depend on the machine, and rounded to float32. Prints how far PyTorch's own
float32 is from it: the tolerances of train-step.golden.spec.ts are meant to be read beside those figures.
"""

import copy
import json
from pathlib import Path

import numpy as np
import torch
from networks import Networks
from safetensors.numpy import save
from train_step import TrainStep
from weights import load_weights, saved_weights

GOLDEN = Path(__file__).parents[2] / 'packages' / 'core' / 'src' / 'training' / 'golden'
STEPS = 5
BATCH = 4
SIZE = 32
LABELS = 2
# Elements kept of each tensor after the steps, evenly spread; whole tensors of every scenario would be 2 MB.
KEPT = 48

BASE = {
    'image': {'size': SIZE},
    'condition': {'kind': 'label', 'length': LABELS},
    'model': {
        'levels': 4,
        'guidedLevels': [2, 3],
        'rapd': True,
        'nvtd': True,
        'generator': {
            'baseChannels': 4,
            'maxChannels': 8,
            'kernelSize': 4,
            'norm': 'batch',
            'dropout': 0,
            'dropoutLevels': 3,
            'headKernelSize': 3,
        },
        'discriminator': {'layers': 5, 'baseChannels': 4, 'maxChannels': 8, 'kernelSize': 4, 'norm': 'batch'},
        'guidingBlock': {
            'encoderChannels': [4, 8],
            'encoderKernelSize': 4,
            'criticChannels': [8, 8],
            'criticKernelSize': 4,
            'criticNorm': 'batch',
        },
        'downsizing': 'area',
        'initialisation': 'uniform',
    },
    'loss': {
        'adversarialWeight': 0.02,
        'appearanceWeight': 0.01,
        'variationWeight': 0.01,
        'reconstructionWeight': 1,
    },
    'training': {
        'batchSize': BATCH,
        'learningRate': 1e-3,
        'beta1': 0.5,
        'beta2': 0.999,
        'epsilon': 1e-8,
        'update': 'literal',
    },
}

# What differs from BASE. Level 1, whose critics see a single pixel, goes without batch norm there: over four values it has
# gradients that are rounding noise, and Adam makes whole steps of them.
SCENARIOS = {
    'literal': {},
    'fused': {'training': {'update': 'fused'}},
    'instanceNorm': {
        'model': {
            'generator': {'norm': 'instance'},
            'discriminator': {'norm': 'instance'},
            'guidingBlock': {'criticNorm': 'instance', 'criticKernelSize': 3},
        },
        'loss': {'levelWeights': [2, 0.5], 'reconstructionWeight': 10},
    },
    'noGuidingBlocks': {'model': {'guidedLevels': []}},
    'noNvtd': {
        'model': {'guidedLevels': [1, 3], 'nvtd': False, 'guidingBlock': {'criticNorm': 'none'}},
        'training': {'guidedLearningRate': 5e-4},
    },
    'noRapd': {
        'model': {'guidedLevels': [1], 'rapd': False, 'guidingBlock': {'criticNorm': 'none'}, 'downsizing': 'bilinear'}
    },
    # For TF.js's slow CPU kernels.
    'small': {
        'image': {'size': 16},
        'model': {
            'levels': 3,
            'guidedLevels': [2],
            'generator': {'baseChannels': 2, 'maxChannels': 4},
            'discriminator': {'layers': 4, 'baseChannels': 2, 'maxChannels': 4},
            'guidingBlock': {'encoderChannels': [2, 4], 'criticChannels': [4, 4]},
        },
    },
    'noCritics': {'model': {'guidedLevels': [2], 'rapd': False, 'nvtd': False}},
}


def main() -> None:
    # A seed with which no activation lies within rounding of a kink, where float32 may take either side.
    random = np.random.default_rng(1)
    batches = [random_batch(random) for _ in range(STEPS)]
    weights: dict[str, np.ndarray] = {}
    after: dict[str, np.ndarray] = {}
    scenarios = {}
    for name, changes in SCENARIOS.items():
        config = merged(BASE, changes)
        networks = Networks(config)
        for key, value in saved_weights(networks).items():
            if stored(key, value.shape) not in weights:
                weights[stored(key, value.shape)] = initial(random, key, tuple(value.shape))
        losses, snapshots = train(config, weights, batches, torch.float64)
        rounded, rounded_snapshots = train(config, weights, batches, torch.float32)
        report(name, losses, rounded, snapshots, rounded_snapshots)
        scenarios[name] = {'config': config, 'losses': [{key: float(f'{value:.9g}') for key, value in each.items()} for each in losses]}
        for step, tensors in snapshots.items():
            for key, value in tensors.items():
                if is_free(key, tensors):
                    continue
                after[f'{name}/{step}/{key}'] = spread(value).astype(np.float32)

    inputs = {f'{step}/{part}': value for step, batch in enumerate(batches) for part, value in batch.items()}
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, tensors_of in {'weights': weights, 'inputs': inputs, 'after': after}.items():
        (GOLDEN / f'{name}.safetensors').write_bytes(save(tensors_of))
    (GOLDEN / 'scenarios.json').write_text(json.dumps(scenarios, indent=1) + '\n')
    print(f'{sum(file.stat().st_size for file in GOLDEN.iterdir())} bytes in {GOLDEN.name}/')


def stored(name: str, shape: tuple[int, ...]) -> str:
    """Names carry the shape: scenarios share the weights of one name and shape."""
    return f'{name}@' + 'x'.join(map(str, shape))


def random_batch(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Smooth images as uint8, target unlike source, and label vectors of -1..1 in eighths."""
    coarse = random.integers(0, 256, (2, BATCH, 4, 4, 3))
    images = coarse.repeat(SIZE // 4, 2).repeat(SIZE // 4, 3) + random.integers(-24, 25, (2, BATCH, SIZE, SIZE, 3))
    source, target = images.clip(0, 255).astype(np.uint8)
    labels = (random.integers(-8, 9, (BATCH, LABELS)) / 8).astype(np.float32)
    return {'source': source, 'target': target, 'labels': labels}


def initial(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values of the size PyTorch begins with; norms away from 1 and 0, so that a mix-up shows."""
    if name.endswith('/scale'):
        values = random.uniform(0.8, 1.2, shape)
    elif name.endswith('/variance'):
        values = np.ones(shape)
    elif name.endswith('/mean'):
        values = np.zeros(shape)
    else:
        bound = 1 / np.sqrt(np.prod(shape[:3])) if len(shape) == 4 else 0.1
        values = random.uniform(-bound, bound, shape)
    return values.astype(np.float32)


def train(config: dict, weights, batches, dtype: torch.dtype):
    networks = Networks(config)
    shapes = {key: value.shape for key, value in saved_weights(networks).items()}
    load_weights(networks, {key: torch.from_numpy(weights[stored(key, shape)]) for key, shape in shapes.items()})
    networks.to(dtype)
    step = TrainStep(networks, config)
    losses, snapshots = [], {}
    for index, batch in enumerate(batches, 1):
        losses.append(step(*tensors(batch, config['image']['size'], dtype)))
        if index in (1, STEPS):
            snapshots[index] = {key: value.numpy().copy() for key, value in saved_weights(networks).items()}
    return losses, snapshots


def tensors(batch: dict[str, np.ndarray], size: int, dtype: torch.dtype):
    """x, y and c of the top left corner of the images."""
    images = (torch.from_numpy(batch[part][:, :size, :size]) for part in ('source', 'target'))
    x, y = (image.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1 for image in images)
    return x, y, torch.from_numpy(batch['labels']).to(dtype)[:, :, None, None].expand(-1, -1, size, size)


def spread(value: np.ndarray) -> np.ndarray:
    """At most KEPT elements of the tensor in row-major order: element floor(i * size / kept) for i = 0, 1, ..."""
    flat = value.reshape(-1)
    kept = min(KEPT, flat.size)
    return flat[np.arange(kept) * flat.size // kept]


def report(name: str, losses, rounded, snapshots, rounded_snapshots) -> None:
    worst = max((abs(a[key] - b[key]), key) for a, b in zip(losses, rounded) for key in a)
    print(f'{name}: float32 differs from float64 by at most {worst[0]:.1e} in a loss ({worst[1]})')
    for step, tensors_after in snapshots.items():
        differences = sorted(
            (
                (float(np.abs(value - rounded_snapshots[step][key]).max()), key)
                for key, value in tensors_after.items()
                if not is_free(key, tensors_after) and not key.endswith('/mean')
            ),
            reverse=True,
        )
        print(f'  weights after step {step}: ' + ', '.join(f'{d:.1e} {key}' for d, key in differences[:4]))


def is_free(name: str, names) -> bool:
    """Whether nothing decides this value: a bias before a norm, whose gradient is 0 up to rounding, which Adam blows up."""
    return name.endswith('/bias') and name.removesuffix('bias') + 'norm/scale' in names


def merged(base: dict, changes: dict) -> dict:
    result = copy.deepcopy(base)
    for key, value in changes.items():
        result[key] = merged(base.get(key, {}), value) if isinstance(value, dict) else value
    return result


if __name__ == '__main__':
    main()
