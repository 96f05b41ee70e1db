"""The images of testing/test-images.ts, drawn again: integer arithmetic alone, so both languages draw the same bytes."""

import numpy as np


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
