# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1", "scikit-image==0.26.0", "imageio==2.38.1", "lazy-loader==0.6", "networkx==3.6.1", "packaging==26.3", "pillow==13.0.0", "tifffile==2026.3.3"]
# ///
"""Every protocol of src/protocols, transcribed from the program that computed the published scores.

    node packages/metrics/testing/golden/golden.mjs write    # writes protocols.golden.json
    npx nx run metrics:test-photographs                      # computes it again, and compares ours on whole photographs

Where the original calls scikit-image, so does this; where it is Matlab or TensorFlow, the published formula is written out
with SciPy's correlations. Nothing here is a translation of our code: E[xy] - E[x]E[y] in float64, window by window.
"""

import argparse
import hashlib
import json
import pathlib

import numpy as np
import scipy
import scipy.signal
import skimage
import skimage.color
import skimage.data
import skimage.draw
import skimage.io
import skimage.metrics
import skimage.morphology

import test_images

HERE = pathlib.Path(__file__).parent


# Matlab and TensorFlow: Gaussian windows over the valid part, population statistics.


def gaussian(size, sigma):
    """fspecial('gaussian', size, sigma)."""
    y, x = np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1]
    weights = np.exp(-(x * x + y * y) / (2 * sigma * sigma))
    return weights / weights.sum()


def luminance_and_contrast(a, b, data_range, kernel, sample):
    """The two factors of SSIM at every window, one channel."""

    def mean(values):
        return scipy.signal.correlate(values, kernel, mode="valid", method="direct")

    mu_a, mu_b = mean(a), mean(b)
    norm = kernel.size / (kernel.size - 1) if sample else 1.0
    var_a = norm * (mean(a * a) - mu_a**2)
    var_b = norm * (mean(b * b) - mu_b**2)
    cov = norm * (mean(a * b) - mu_a * mu_b)
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    luminance = (2 * mu_a * mu_b + c1) / (mu_a**2 + mu_b**2 + c1)
    contrast = (2 * cov + c2) / (var_a + var_b + c2)
    return luminance, contrast


def wang_map(a, b, data_range):
    luminance, contrast = luminance_and_contrast(a, b, data_range, gaussian(11, 1.5), False)
    return luminance * contrast


def matlab_rgb2gray(image):
    """First row of the inverse of the NTSC matrix, rounded to uint8 (halves up)."""
    ntsc = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])
    weights = np.linalg.inv(ntsc)[0]
    return np.floor(image.astype(np.float64) @ weights + 0.5)


def wang2004(real, generated):
    return wang_map(matlab_rgb2gray(real), matlab_rgb2gray(generated), 255)


def matlab_shrink(image):
    """imfilter(image, ones(f) / f^2, 'symmetric', 'same'), then every f-th value from the first."""
    factor = max(1, int(np.floor(min(image.shape) / 256 + 0.5)))
    if factor == 1:
        return image
    before = (factor + 1) // 2 - 1
    padded = np.pad(image, (before, factor - 1 - before), mode="symmetric")
    filtered = scipy.signal.correlate(padded, np.full((factor, factor), 1 / factor**2), mode="valid", method="direct")
    return filtered[::factor, ::factor]


def wang_auto(real, generated):
    return wang_map(matlab_shrink(matlab_rgb2gray(real)), matlab_shrink(matlab_rgb2gray(generated)), 255)


def tf(real, generated):
    a, b = real.astype(np.float64), generated.astype(np.float64)
    return np.stack([wang_map(a[..., c], b[..., c], 255) for c in range(3)]).mean(0)


# scikit-image, called as the papers' programs call it. `multichannel=True` is `channel_axis=-1` today.


def structural_similarity(first, second, border, **arguments):
    _, full = skimage.metrics.structural_similarity(first, second, full=True, **arguments)
    if full.ndim == 3:
        full = full.mean(-1)
    return full[border : full.shape[0] - border, border : full.shape[1] - border]


def pg2(real, generated):
    return structural_similarity(generated, real, 3, channel_axis=-1)


def dpig(real, generated):
    g, x = skimage.color.rgb2gray(generated), skimage.color.rgb2gray(real)
    return structural_similarity(g, x, 3, data_range=x.max() - x.min())


def defgan(real, generated, sigma=1.5, border=5):
    return structural_similarity(
        real,
        generated,
        border,
        gaussian_weights=True,
        sigma=sigma,
        use_sample_covariance=False,
        channel_axis=-1,
        data_range=float(generated.max()) - float(generated.min()),
    )


def with_white_bands(image):
    h, w, c = image.shape
    framed = (np.ones((h, w + 80, c)) * 255).astype(np.uint8)
    framed[:, 40 : 40 + w] = image
    return framed


def patn_fashion(real, generated):
    return defgan(with_white_bands(real), with_white_bands(generated))


def gfla(real, generated):
    # The original computes in float32; float32_gfla below says what that costs.
    return structural_similarity(real / 255.0, generated / 255.0, 25, data_range=1, win_size=51, channel_axis=-1)


def float32_gfla(real, generated):
    a, b = real.astype(np.float32) / 255.0, generated.astype(np.float32) / 255.0
    return structural_similarity(a, b, 25, data_range=1, win_size=51, channel_axis=-1)


def gfla_256(real, generated):
    return defgan(real / 255.0 * 255.0, generated / 255.0 * 255.0)


def pidm_256(real, generated):
    return defgan(real / 255.0 * 255.0, generated / 255.0 * 255.0, sigma=1.2, border=4)


def pg2_masked(image, mask):
    return np.uint8((mask * 255)[:, :, np.newaxis] / 255.0 * image)


def defgan_masked(image, mask):
    return image * mask.astype(bool)[..., np.newaxis]


def pg2_mask(real, generated, mask):
    return pg2(pg2_masked(real, mask), pg2_masked(generated, mask))


def defgan_mask(real, generated, mask):
    return defgan(defgan_masked(real, mask), defgan_masked(generated, mask))


PROTOCOLS = {
    "wang2004": wang2004,
    "wang-auto": wang_auto,
    "tf": tf,
    "pg2": pg2,
    "pg2-mask": pg2_mask,
    "dpig": dpig,
    "defgan": defgan,
    "defgan-mask": defgan_mask,
    "patn-fashion": patn_fashion,
    "gfla": gfla,
    "gfla-256": gfla_256,
    "pidm-256": pidm_256,
    "ggb": pg2,
}
WINDOW = {"gfla": 51, "pg2": 7, "pg2-mask": 7, "dpig": 7, "ggb": 7, "pidm-256": 9}
MASKS = {"pg2-mask": "pg2", "defgan-mask": "defgan"}


# What PSNR and L1 look at, and the peak, under protocols that change either.


def seen_by_psnr(name, real, generated, mask):
    """Both images in float64, the peak, and the factor that brings differences to 0..255."""
    if name in ("wang2004", "wang-auto"):
        return matlab_rgb2gray(real), matlab_rgb2gray(generated), 255, 1
    if name == "dpig":
        x = skimage.color.rgb2gray(real)
        return x, skimage.color.rgb2gray(generated), x.max() - x.min(), 255
    if name == "pg2-mask":
        return pg2_masked(real, mask).astype(float), pg2_masked(generated, mask).astype(float), 255, 1
    if name == "defgan-mask":
        return defgan_masked(real, mask).astype(float), defgan_masked(generated, mask).astype(float), 255, 1
    if name == "patn-fashion":
        return with_white_bands(real).astype(float), with_white_bands(generated).astype(float), 255, 1
    if name == "gfla":
        return real / 255.0, generated / 255.0, 1, 255
    return real.astype(float), generated.astype(float), 255, 1


# MS-SSIM: Wang, Simoncelli, Bovik 2003 as TensorFlow has it (tf.image.ssim_multiscale).

MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def halved(channel):
    """Mean over 2 x 2, stride 2; an odd last row or column counts twice."""
    h, w = channel.shape
    padded = np.pad(channel, ((0, h % 2), (0, w % 2)), mode="symmetric")
    return padded.reshape((h + 1) // 2, 2, (w + 1) // 2, 2).mean((1, 3))


def ms_ssim_channel(a, b, data_range, kernel, sample):
    product = 1.0
    for scale, weight in enumerate(MS_WEIGHTS):
        luminance, contrast = luminance_and_contrast(a, b, data_range, kernel, sample)
        last = scale == len(MS_WEIGHTS) - 1
        factor = (luminance * contrast).mean() if last else contrast.mean()
        product *= max(factor, 0.0) ** weight
        a, b = halved(a), halved(b)
    return product


def ms_ssim(name, real, generated):
    uniform7 = np.full((7, 7), 1 / 49)
    if name == "tf":
        a, b, data_range, kernel, sample = real.astype(float), generated.astype(float), 255, gaussian(11, 1.5), False
    elif name == "wang2004":
        a, b, data_range, kernel, sample = matlab_rgb2gray(real), matlab_rgb2gray(generated), 255, gaussian(11, 1.5), False
    elif name == "pg2":
        a, b, data_range, kernel, sample = real.astype(float), generated.astype(float), 255, uniform7, True
    elif name == "dpig":
        a, b = skimage.color.rgb2gray(real), skimage.color.rgb2gray(generated)
        data_range, kernel, sample = a.max() - a.min(), uniform7, True
    elif name == "pidm-256":
        a, b, kernel, sample = real.astype(float), generated.astype(float), gaussian(9, 1.2), False
        data_range = b.max() - b.min()
    else:
        raise ValueError(name)
    if a.ndim == 2:
        return ms_ssim_channel(a, b, data_range, kernel, sample)
    return float(np.mean([ms_ssim_channel(a[..., c], b[..., c], data_range, kernel, sample) for c in range(3)]))


MS_SSIM_PROTOCOLS = {"tf": 161, "wang2004": 161, "pg2": 97, "dpig": 97, "pidm-256": 129}


# Masks from key points: lists of 18 [x, y] or None.

LIMBS = [
    [2, 3], [2, 6], [3, 4], [4, 5], [6, 7], [7, 8], [2, 9], [9, 10], [10, 11], [2, 12], [12, 13], [13, 14],
    [2, 1], [1, 15], [15, 17], [1, 16], [16, 18], [2, 17], [2, 18], [9, 12], [12, 6], [9, 3], [17, 18],
]  # fmt: skip


def closing(mask):
    square = np.ones((5, 5), np.uint8)
    return skimage.morphology.erosion(skimage.morphology.dilation(mask, square), square)


def pg2_keypoint_mask(joints, height, width):
    mask = np.zeros((height, width), np.uint8)

    def solid(r, c):
        r, c = int(r), int(c)
        for i in range(-4, 5):
            for j in range(-4, 5):
                if np.sqrt(float(i * i + j * j)) <= 4 and 0 <= r + i < height and 0 <= c + j < width:
                    mask[r + i, c + j] = 1

    for limb in LIMBS:
        a, b = joints[limb[0] - 1], joints[limb[1] - 1]
        if a is None or b is None:
            continue
        (c0, r0), (c1, r1) = a, b
        solid(r0, c0)
        solid(r1, c1)
        samples = int(np.sqrt((r0 - r1) ** 2 + (c0 - c1) ** 2) / 4)
        for i in range(1, samples):
            solid(r0 + (r1 - r0) * i / samples, c0 + (c1 - c0) * i / samples)
    return closing(mask)


def defgan_keypoint_mask(joints, height, width):
    mask = np.zeros((height, width), bool)
    for limb in LIMBS:
        a, b = joints[limb[0] - 1], joints[limb[1] - 1]
        if a is None or b is None or a == b:
            continue
        f, t = np.array(a[::-1]), np.array(b[::-1])  # (row, column)
        normal = np.array([-(f - t)[1], (f - t)[0]])
        normal = 4 * normal / np.linalg.norm(normal)
        corners = np.array([f + normal, f - normal, t - normal, t + normal])
        mask[skimage.draw.polygon(corners[:, 0], corners[:, 1], shape=(height, width))] = True
    for joint in joints:
        if joint is not None:
            mask[skimage.draw.disk((joint[1], joint[0]), 4, shape=(height, width))] = True
    return closing(mask.astype(np.uint8))


def lcg(seed):
    state = seed
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield state >> 16


def random_joints(seed, width, height):
    """Some missing, some near or on the border, some on one place."""
    draw = lcg(seed)
    joints = [None if next(draw) % 4 == 0 else [next(draw) % width, next(draw) % height] for _ in range(18)]
    if seed % 3 == 0 and joints[1] is not None:
        joints[2] = list(joints[1])
    return joints


# A person who stands upright in 64 x 128, many limbs along the axes: the rectangles' edges lie on pixel centres.
STANDING = [
    [32, 14], [32, 28], [20, 28], [16, 44], [14, 60], [44, 28], [48, 44], [50, 60], [26, 62],
    [26, 88], [26, 114], [38, 62], [38, 88], [38, 114], [29, 11], [35, 11], [26, 13], [38, 13],
]  # fmt: skip


def scaled(joints, sx, sy):
    return [None if joint is None else [int(joint[0] * sx), int(joint[1] * sy)] for joint in joints]


# The cases.


def degraded(image):
    """What a bad generator might make of a photograph: two pixels to the right, blurred, noisy."""
    h, w, _ = image.shape
    shifted = np.pad(image, ((1, 1), (3, 1), (0, 0)), mode="edge").astype(np.int64)[:, : w + 2]
    blurred = sum(shifted[i : i + h, j : j + w] for i in range(3) for j in range(3)) // 9
    draw = lcg(7)
    noise = np.fromiter((next(draw) >> 11 for _ in range(image.size)), np.int64, image.size).reshape(image.shape)
    return np.clip(blurred + noise - 16, 0, 255).astype(np.uint8)


def drawn(first, second, width, height):
    return {
        "images": f"{first.__name__} against {second.__name__}, {width} x {height}",
        "drawn": [first.__name__, second.__name__],
        "real": first(width, height),
        "generated": second(width, height),
    }


def photograph(name, image):
    image = np.ascontiguousarray(image[..., :3])
    return {"images": f"{name} against itself degraded", "photograph": name, "real": image, "generated": degraded(image)}


def crop():
    """176 x 256 pixels of a cat, testing/golden/crop.png (scikit-image's `chelsea`, CC0, Stefan van der Walt)."""
    return skimage.io.imread(HERE / "crop.png")


DRAWN = [
    drawn(test_images.ramp, test_images.mirrored_ramp, 64, 64),
    drawn(test_images.slope, test_images.mirrored_slope, 64, 80),
    drawn(test_images.noise, test_images.checkerboard, 90, 70),
    drawn(test_images.bright, test_images.nearly_bright, 64, 64),
    drawn(test_images.nearly_bright, test_images.figure_left, 64, 64),
    drawn(test_images.figure_left, test_images.figure_right, 64, 128),
    drawn(test_images.figure_left, test_images.figure_right, 176, 256),
]
# Only these are large enough to be shrunk by `wang-auto`: factors 2 and 3, even and odd sides.
LARGE = [
    drawn(test_images.figure_left, test_images.figure_right, 400, 390),
    drawn(test_images.noise, test_images.figure_right, 513, 385),
    drawn(test_images.figure_left, test_images.noise, 643, 641),
]
# Even and odd at every scale.
MULTISCALE = [
    drawn(test_images.figure_left, test_images.figure_right, 176, 256),
    drawn(test_images.figure_left, test_images.figure_right, 171, 163),
    drawn(test_images.noise, test_images.figure_right, 161, 161),
    drawn(test_images.ramp, test_images.mirrored_ramp, 176, 176),
]


def sha256(image):
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()


def scores(case, names):
    real, generated = case["real"], case["generated"]
    height, width, _ = real.shape
    joints = scaled(STANDING, width / 64, height / 128)
    result = []
    for name in names:
        if name == "dpig" and real.min() == real.max():
            continue  # 0 / 0: the program of DPIG gives NaN for a flat target
        mask = {"pg2": pg2_keypoint_mask, "defgan": defgan_keypoint_mask}[MASKS[name]](joints, height, width) if name in MASKS else None
        values = PROTOCOLS[name](real, generated, *([] if mask is None else [mask]))
        a, b, peak, to_grey_levels = seen_by_psnr(name, real, generated, mask)
        rows, columns = values.shape
        score = {
            "protocol": name,
            "ssim": float(values.mean()),
            "map": [rows, columns],
            "places": [
                [i, j, float(values[i, j])]
                for i, j in [(0, 0), (0, columns - 1), (rows // 3, columns // 2), (rows - 1, 0), (rows - 1, columns - 1)]
            ],
            "psnr": float(10 * np.log10(peak**2 / np.mean((a - b) ** 2))),
            "l1": float(np.abs(a - b).mean() * to_grey_levels),
        }
        if name == "gfla":
            score["ssimInFloat32"] = float(float32_gfla(real, generated).mean())
        result.append(score)
    return {
        "images": case["images"],
        **{key: case[key] for key in ("drawn", "photograph") if key in case},
        "width": width,
        "height": height,
        "sha256": [sha256(real), sha256(generated)],
        "keypoints": joints,
        "scores": result,
    }


def multiscale(case):
    height, width, _ = case["real"].shape
    return {
        "images": case["images"],
        **{key: case[key] for key in ("drawn", "photograph") if key in case},
        "width": width,
        "height": height,
        "sha256": [sha256(case["real"]), sha256(case["generated"])],
        "scores": [
            {"protocol": name, "ms-ssim": float(ms_ssim(name, case["real"], case["generated"]))}
            for name, smallest in MS_SSIM_PROTOCOLS.items()
            if min(width, height) >= smallest
        ],
    }


def masks():
    poses = [(STANDING, 64, 128), (scaled(STANDING, 176 / 64, 2), 176, 256), ([None] * 18, 64, 64)]
    poses += [(random_joints(seed, width, height), width, height) for seed, (width, height) in enumerate([(64, 128), (176, 256), (256, 256)] * 8)]
    return [
        {
            "width": width,
            "height": height,
            "keypoints": joints,
            **{
                kind: {"pixels": int(mask.sum()), "sha256": sha256((mask * 255).astype(np.uint8))}
                for kind, mask in (
                    ("pg2", pg2_keypoint_mask(joints, height, width)),
                    ("defgan", defgan_keypoint_mask(joints, height, width)),
                )
            },
        }
        for joints, width, height in poses
    ]


def camera():
    """The values that scikit-image's own tests hold: camera.png against itself with noise from numpy's old generator."""
    cam = skimage.data.camera()
    noise = 20.0 * np.random.RandomState(5).randn(*cam.shape)
    noisy = np.clip(cam + noise, 0, 255).astype(cam.dtype)
    return {
        "sha256": [sha256(cam), sha256(noisy)],
        "default": float(skimage.metrics.structural_similarity(cam, noisy)),
        "gaussian": float(
            skimage.metrics.structural_similarity(cam, noisy, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
        ),
    }, noisy


def photographs():
    return {
        "astronaut": skimage.data.astronaut(),
        "chelsea": skimage.data.chelsea(),
        "coffee": skimage.data.coffee(),
    }


def versions():
    return f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-image {skimage.__version__}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--photographs", type=pathlib.Path, help="a folder for the pixels and values of whole photographs")
    parser.add_argument("--fixtures", action="store_true", help="write crop.png, camera.png and camera-noisy.png")
    options = parser.parse_args()
    if options.photographs is not None:
        options.photographs.mkdir(parents=True, exist_ok=True)
        cases = [photograph(name, image) for name, image in photographs().items()]
        for case in cases:
            for side in ("real", "generated"):
                (options.photographs / f"{case['photograph']}.{side}.rgb").write_bytes(case[side].tobytes())
        golden = {
            "versions": versions(),
            "cases": [scores(case, PROTOCOLS) for case in cases],
            "multiscale": [multiscale(case) for case in cases],
        }
        (options.photographs / "photographs.golden.json").write_text(json.dumps(golden))
        return
    camera_values, noisy = camera()
    if options.fixtures:
        skimage.io.imsave(HERE / "crop.png", np.ascontiguousarray(skimage.data.chelsea()[20:276, 96:272]), check_contrast=False)
        skimage.io.imsave(HERE / "camera.png", skimage.data.camera(), check_contrast=False)
        skimage.io.imsave(HERE / "camera-noisy.png", noisy, check_contrast=False)
        return
    golden = {
        "versions": versions(),
        "cases": [scores(case, PROTOCOLS) for case in [*DRAWN, photograph("crop", crop())]]
        + [scores(case, ["wang-auto"]) for case in LARGE],
        "multiscale": [multiscale(case) for case in [*MULTISCALE, photograph("crop", crop())]],
        "masks": masks(),
        "camera": camera_values,
    }
    print(json.dumps(golden, indent=1))


main()
