"""scikit-image and pytorch-msssim behind one pipe: a JSON request on each line of the input, its answer on the output.

It computes only between a request and its answer, so that whoever asks can alternate with measurements of its own.
"""

import json
import sys
import time
from typing import Any, Callable

import numpy as np


class Peer:
    run: Callable[[], Any]

    def versions(self) -> dict[str, str]:
        import importlib.metadata as metadata

        return {name: metadata.version(name) for name in ("scikit-image", "numpy", "scipy", "torch", "pytorch-msssim")}

    def skimage(self, file: str, count: int, size: int, options: dict[str, Any]) -> dict[str, Any]:
        """Pairs of 8-bit images from a file of raw pixels: all first images, then all second ones."""
        from skimage.metrics import structural_similarity

        images = np.fromfile(file, np.uint8).reshape(2, count, size, size, 3)

        def run() -> list[float]:
            pairs = zip(images[0], images[1])
            return [float(structural_similarity(a, b, channel_axis=2, data_range=255, **options)) for a, b in pairs]

        self.run = run
        return {}

    def msssim(self, file: str, batch: int, size: int, threads: int, variant: str) -> dict[str, Any]:
        """Loss and its gradient by the first images, float32; `variant`: eager, channelsLast or compiled."""
        import torch
        from pytorch_msssim import ssim

        torch.set_num_threads(threads)
        pixels = torch.from_numpy(np.fromfile(file, np.float32).reshape(2, batch, size, size, 3))
        layout = torch.channels_last if variant == "channelsLast" else torch.contiguous_format
        x, y = (images.permute(0, 3, 1, 2).contiguous(memory_format=layout) for images in pixels)
        x.requires_grad_()

        def loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return 1 - ssim(a, b, data_range=1.0, size_average=True)

        function = torch.compile(loss) if variant == "compiled" else loss

        def run() -> float:
            x.grad = None
            value = function(x, y)
            value.backward()
            return float(value.detach())

        run()
        self.run = run
        return {}

    def measure(self) -> dict[str, Any]:
        start = time.perf_counter()
        values = self.run()
        return {"seconds": time.perf_counter() - start, "values": values}


def main() -> None:
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        command = request.pop("command")
        try:
            answer = getattr(peer, command)(**request)
        except Exception as error:  # whatever it is, the other side must hear of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
