"""Draws small PNG and JPEG files in every encoding that the image addon decodes, and what Pillow's convert('RGB') makes of
them.

    python -m venv .venv && .venv/bin/pip install pillow==13.0.0 numpy && .venv/bin/python make_fixtures.py

`src/images/images.spec.ts` holds the addon against `pil.golden.json`. What Pillow cannot write (interlacing, filters by choice,
single transparent colours in every depth) is written here, by the PNG specification.
"""

import base64
import io
import json
import pathlib
import struct
import zlib

import numpy
import PIL
from PIL import Image, features

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 21, 15  # odd: no plane, pass or byte ends where another does
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def picture(width=WIDTH, height=HEIGHT):
    """Smooth colours, a hard edge and some noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    rgb = numpy.stack([x * 255 // (width - 1), y * 255 // (height - 1), (x * y * 7) % 256], axis=-1)
    rgb += numpy.random.default_rng(1).integers(-9, 10, rgb.shape)
    rgb[height // 3 : height // 2, width // 4 : width // 2] = [250, 10, 30]
    return numpy.clip(rgb, 0, 255).astype(numpy.uint8)


def packed(samples, depth):
    """[height, width * channels] as rows of bytes."""
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in samples]
    if depth == 8:
        return [row.astype(numpy.uint8).tobytes() for row in samples]
    bits = (samples[..., None] >> numpy.arange(depth - 1, -1, -1)) & 1
    return [numpy.packbits(row.astype(numpy.uint8).reshape(-1)).tobytes() for row in bits]


def filtered(row, above, kind, step):
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        p = a + b - c
        nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append((value - [0, a, b, (a + b) // 2, nearest][kind]) & 255)
    return bytes(out)


def png(path, colour, depth, samples, chunks=(), interlaced=False, filters=(0, 1, 2, 3, 4, 4, 4, 2, 4, 4), data_chunks=3):
    """`samples`: [height, width, channels], each within the depth. Filters are taken in turn, so that each meets each."""
    height, width, _ = samples.shape
    step = max(1, CHANNELS[colour] * depth // 8)
    stream = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size == 0:
            continue
        rows = packed(part.reshape(part.shape[0], -1), depth)
        above = bytes(len(rows[0]))
        for i, row in enumerate(rows):
            stream += filtered(row, above, filters[i % len(filters)], step)
            above = row

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    body = zlib.compress(stream, 9)
    cuts = [len(body) * i // data_chunks for i in range(data_chunks + 1)]
    (HERE / path).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
        + b"".join(chunk(*c) for c in chunks)
        + b"".join(chunk(b"IDAT", body[a:b]) for a, b in zip(cuts, cuts[1:]))
        + chunk(b"IEND", b"")
    )


def samples_of(rgb, colour, depth):
    top = (1 << depth) - 1
    wide = rgb.astype(numpy.int64) * 257 ^ 0x00B5  # low bytes that rounding would see
    scaled = wide if depth == 16 else rgb.astype(numpy.int64) * (top + 1) // 256
    alpha = numpy.roll(scaled[..., :1], 3, axis=0)
    if colour == 0:
        # Mostly dark where Pillow clips 16 bits.
        return scaled[..., 1:2] >> 7 if depth == 16 else scaled[..., 1:2]
    return {2: scaled, 3: scaled[..., :1], 4: numpy.dstack([scaled[..., 1:2], alpha]), 6: numpy.dstack([scaled, alpha])}[colour]


def write_pngs():
    rgb = picture()
    colours = numpy.random.default_rng(2).integers(0, 256, (256, 3), dtype=numpy.uint8)
    names = {0: "grey", 2: "rgb", 3: "palette", 4: "grey-alpha", 6: "rgb-alpha"}
    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            chunks = [(b"PLTE", colours[: 1 << depth].tobytes())] if colour == 3 else []
            for interlaced in (False, True):
                name = f"{names[colour]}-{depth}{'-interlaced' if interlaced else ''}.png"
                png(name, colour, depth, samples_of(rgb, colour, depth), chunks, interlaced)
    for depth in (1, 4, 8):
        value = int(samples_of(rgb, 0, depth)[3, 3, 0])
        png(f"grey-{depth}-transparent.png", 0, depth, samples_of(rgb, 0, depth), [(b"tRNS", struct.pack(">H", value))])
    png("rgb-8-transparent.png", 2, 8, samples_of(rgb, 2, 8), [(b"tRNS", struct.pack(">3H", 250, 10, 30))])
    transparency = [(b"PLTE", colours.tobytes()), (b"tRNS", bytes(range(200)))]
    png("palette-8-transparent.png", 3, 8, samples_of(rgb, 3, 8), transparency)
    png("rgb-8-gamma.png", 2, 8, samples_of(rgb, 2, 8), [(b"gAMA", struct.pack(">I", 100000)), (b"sBIT", b"\5\6\5")])
    # Wide enough for the vector loops of every filter, alone and two Paeth rows at a time.
    wide = picture(83, 20)
    for kind in range(5):
        png(f"rgb-8-filter-{kind}.png", 2, 8, samples_of(wide, 2, 8), filters=(kind,), data_chunks=1)
        png(f"rgb-alpha-8-filter-{kind}.png", 6, 8, samples_of(wide, 6, 8), filters=(kind,), data_chunks=1)
    for width, height in ((1, 1), (1, 9), (9, 1), (3, 2), (5, 5)):
        small = samples_of(picture(9, 9)[:height, :width], 2, 8)
        png(f"rgb-8-{width}x{height}.png", 2, 8, small)
        png(f"rgb-8-{width}x{height}-interlaced.png", 2, 8, small, interlaced=True)


def write_jpegs():
    image = Image.fromarray(picture(61, 47))
    for name, sampling in {"444": 0, "422": 1, "420": 2}.items():
        for progressive in (False, True):
            for quality in (30, 90, 100):
                suffix = "-progressive" if progressive else ""
                options = {"subsampling": sampling, "progressive": progressive, "quality": quality}
                image.save(HERE / f"{name}-{quality}{suffix}.jpg", **options)
    for name, sampling in {"440": (1, 2), "411": (4, 1)}.items():
        (HERE / f"{name}.jpg").write_bytes(with_sampling(image, *sampling))
    image.save(HERE / "restart.jpg", quality=80, restart_marker_blocks=3)
    image.save(HERE / "optimised.jpg", quality=80, optimize=True)
    image.save(HERE / "rgb-components.jpg", quality=80, keep_rgb=True)
    image.convert("L").save(HERE / "grey.jpg", quality=80)
    image.convert("L").save(HERE / "grey-progressive.jpg", quality=80, progressive=True)
    Image.fromarray(picture(9, 9)[:1, :1]).save(HERE / "1x1.jpg")


def with_sampling(image, horizontal, vertical):
    """Pillow has no name for these; the header of another file of three equal planes is changed. Other pixels, the same for all."""
    stream = io.BytesIO()
    image.resize((64, 48)).save(stream, "JPEG", subsampling=0, quality=90)
    data = bytearray(stream.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 11] = horizontal << 4 | vertical
    # Fewer blocks are needed than there are, so the picture is made smaller until the rest of the data is not reached.
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    data[at + 5 : at + 9] = struct.pack(">HH", height // 2 - 3, width // 2 - 3)
    return bytes(data)


def golden():
    decoded = {}
    for path in sorted(HERE.iterdir()):
        if path.suffix not in {".png", ".jpg"}:
            continue
        with Image.open(path) as opened:
            rgb = opened.convert("RGB")
        decoded[path.name] = {
            "width": rgb.width,
            "height": rgb.height,
            "rgb": base64.b64encode(zlib.compress(rgb.tobytes(), 9)).decode(),
        }
    return {"pillow": PIL.__version__, "libjpegTurbo": features.version("libjpeg_turbo"), "files": decoded}


if __name__ == "__main__":
    write_pngs()
    write_jpegs()
    (HERE / "pil.golden.json").write_text(json.dumps(golden(), indent=2) + "\n")
