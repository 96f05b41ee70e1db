"""Writes small pictures in the encodings that data sets hold, and what Pillow's convert('RGB') makes of each.

    python -m venv .venv && .venv/bin/pip install pillow==13.0.0 numpy && .venv/bin/python make_fixtures.py

`decode-image.spec.ts` reads the pictures with our decoder and holds them against `pil.golden.json`.
"""

import base64
import json
import pathlib
import struct
import zlib

import numpy
import PIL
from PIL import Image, features

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 19, 13  # odd, so that chroma planes of half size have a rest


def picture(width=WIDTH, height=HEIGHT):
    """Smooth colours with a hard edge: what JPEG decoders may disagree on."""
    y, x = numpy.mgrid[0:height, 0:width]
    rgb = numpy.stack([x * 255 // (width - 1), y * 255 // (height - 1), (x * y * 7) % 256], axis=-1)
    rgb[height // 3 : height // 2, width // 4 : width // 2] = [250, 10, 30]
    return rgb.astype(numpy.uint8)


def png(path, colour_type, bit_depth, rows, *chunks):
    """A PNG file from raw rows: Pillow writes neither 16-bit RGB nor a gAMA chunk."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bit_depth, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    (HERE / path).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(*c) for c in chunks)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


def profile_with_swapped_primaries():
    """An ICC profile far from sRGB (red and blue swapped, linear): who obeys it shows it."""

    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)

    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    linear = b"curv\0\0\0\0\0\0\0\0"
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)),
        (b"cprt", b"text\0\0\0\0none\0"),
        (b"wtpt", xyz(0.9642, 1.0, 0.8249)),
        (b"rXYZ", xyz(*blue)),
        (b"gXYZ", xyz(*green)),
        (b"bXYZ", xyz(*red)),
        (b"rTRC", linear),
        (b"gTRC", linear),
        (b"bTRC", linear),
    ]
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags:
        value += bytes(-len(value) % 4)
        table += name + struct.pack(">II", offset + len(body), len(value))
        body += value
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + table + body


def write_fixtures():
    rgb = picture()
    grey = rgb[..., 1]
    alpha = (rgb[..., 0].astype(int) // 2 + 20).astype(numpy.uint8)
    alpha[:2] = 0
    image = Image.fromarray(rgb)
    rotated = Image.Exif()
    rotated[0x0112] = 6  # orientation: turn by 90 degrees to show
    profile = profile_with_swapped_primaries()

    image.save(HERE / "rgb.png")
    Image.fromarray(numpy.dstack([rgb, alpha])).save(HERE / "alpha.png")
    Image.fromarray(grey).save(HERE / "grey.png")
    Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]).save(HERE / "grey-alpha.png")
    image.quantize(8).save(HERE / "palette.png")
    image.quantize(8).save(HERE / "palette-transparent.png", transparency=bytes([0, 128, 255, 10, 255, 255, 0, 255]))
    image.save(HERE / "colour-key.png", transparency=(250, 10, 30))
    Image.fromarray(grey).convert("1").save(HERE / "bilevel.png")
    image.save(HERE / "icc.png", icc_profile=profile)
    image.save(HERE / "exif-rotated.png", exif=rotated)
    packed = (grey >> 4).astype(int)
    pairs = numpy.pad(packed, ((0, 0), (0, WIDTH % 2)))
    png("grey-4-bit.png", 0, 4, [bytes(r[0::2] * 16 + r[1::2]) for r in pairs])
    png("gamma.png", 2, 8, [r.tobytes() for r in rgb], (b"gAMA", struct.pack(">I", 100000)))
    wide = rgb.astype(numpy.uint16) * 257 + 0
    wide = (wide ^ 0x00B5).astype(">u2")  # low bytes that rounding would see
    png("rgb-16-bit.png", 2, 16, [r.tobytes() for r in wide])
    wide_alpha = numpy.dstack([wide, (alpha.astype(numpy.uint16) * 257).astype(">u2")]).astype(">u2")
    png("alpha-16-bit.png", 6, 16, [r.tobytes() for r in wide_alpha])
    dark = (grey.astype(numpy.uint16) * 2).astype(">u2")
    png("grey-16-bit.png", 0, 16, [r.tobytes() for r in dark])
    grey_alpha = numpy.dstack([grey.astype(numpy.uint16) * 257, alpha.astype(numpy.uint16) * 257]).astype(">u2")
    png("grey-alpha-16-bit.png", 4, 16, [r.tobytes() for r in grey_alpha])

    for name, options in {
        "444": {"subsampling": 0, "quality": 90},
        "422": {"subsampling": 1, "quality": 90},
        "420": {"subsampling": 2, "quality": 75},
        "progressive": {"subsampling": 2, "quality": 60, "progressive": True},
        "exif-rotated": {"subsampling": 0, "quality": 90, "exif": rotated},
        "icc": {"subsampling": 0, "quality": 90, "icc_profile": profile},
    }.items():
        image.save(HERE / f"{name}.jpg", **options)
    Image.fromarray(grey).save(HERE / "grey.jpg", quality=90)
    cmyk = Image.fromarray(numpy.dstack([255 - rgb, alpha // 2]), mode="CMYK")
    cmyk.save(HERE / "cmyk.jpg", quality=95, subsampling=0)

    second = Image.fromarray(255 - rgb)
    image.quantize(16).save(HERE / "animated.gif", save_all=True, append_images=[second.quantize(16)], duration=50)
    image.quantize(8).save(HERE / "transparent.gif", transparency=3)
    image.save(HERE / "lossless.webp", lossless=True)
    image.save(HERE / "lossy.webp", quality=80)
    Image.fromarray(numpy.dstack([rgb, alpha])).save(HERE / "alpha.webp", lossless=True, exact=True)
    image.save(HERE / "animated.webp", save_all=True, append_images=[second], lossless=True, duration=50)
    image.save(HERE / "rgb.tiff", compression="tiff_lzw")
    cmyk.save(HERE / "cmyk.tiff", compression="tiff_lzw")
    image.convert("YCbCr").convert("RGB").quantize(8).save(HERE / "palette.tiff")


def golden():
    decoded = {}
    for path in sorted(HERE.iterdir()):
        if path.suffix not in {".png", ".jpg", ".gif", ".webp", ".tiff"}:
            continue
        with Image.open(path) as opened:
            mode = opened.mode
            rgb = opened.convert("RGB")
        decoded[path.name] = {
            "mode": mode,
            "width": rgb.width,
            "height": rgb.height,
            "rgb": base64.b64encode(rgb.tobytes()).decode(),
        }
    return {
        "pillow": PIL.__version__,
        "libjpegTurbo": features.version("libjpeg_turbo"),
        "webp": features.version("webp"),
        "files": decoded,
    }


if __name__ == "__main__":
    write_fixtures()
    (HERE / "pil.golden.json").write_text(json.dumps(golden(), indent=2) + "\n")
