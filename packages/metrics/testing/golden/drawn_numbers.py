"""Numbers that testing/drawn-numbers.ts draws again, bit for bit: an integer hash of a position and a seed."""

import numpy as np


def seed_of(name):
    """FNV-1a of an ASCII name."""
    value = 0x811C9DC5
    for byte in name.encode("ascii"):
        value = (value ^ byte) * 0x01000193 % 2**32
    return value


def uniform(count, seed):
    """float64 in [0, 1), multiples of 2**-24."""
    x = (np.arange(count, dtype=np.uint64) + np.uint64(seed)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    x = x * np.uint64(0x7FEB352D) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = x * np.uint64(0x846CA68B) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) / 2**24


def inception_tensor(name, shape):
    """A weight of a random Inception-v3, float32, of a size at which activations neither vanish nor grow."""
    u = uniform(int(np.prod(shape)), seed_of(name))
    suffix = name.split(".")[-2:]
    if suffix == ["conv", "weight"]:
        values = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    elif suffix == ["fc", "weight"]:
        values = (2 * u - 1) * np.sqrt(3 / shape[1])
    elif suffix[1] in ("weight", "running_var"):
        values = 0.8 + 0.4 * u
    else:
        values = 0.2 * u - 0.1
    return values.astype(np.float32).reshape(shape)


def image(name, width, height):
    """uint8 [height, width, 3]"""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    if name == "noise":
        return (uniform(height * width * 3, 1) * 256).astype(np.uint8).reshape(height, width, 3)
    if name == "ramp":
        return ((3 * x + 5 * y + 40 * c) % 256).astype(np.uint8)
    if name == "squares":
        return np.where((x // 24 + y // 24) % 2 == 1, 230 - 20 * c, 25 + 10 * c).astype(np.uint8)
    raise ValueError(name)


def features(rows, dimensions, seed, shift):
    """float32 [rows, dimensions], correlated, with many zeros, as features after relu are; every value exact in both languages."""
    u = uniform(rows * dimensions, seed).reshape(rows, dimensions)
    mixed = u.copy()
    mixed[:, 1:] += 0.5 * u[:, :-1]
    scale = (1 + np.arange(dimensions) % 7) / 4
    return (np.maximum(0, mixed - 0.5 + shift) * scale).astype(np.float32)


def logits(rows, classes, seed):
    """float32 [rows, classes]; each row prefers a class."""
    u = uniform(rows * classes, seed).reshape(rows, classes) * 4
    u[np.arange(rows), np.arange(rows) * 5 % classes] += 3
    return u.astype(np.float32)
