"""The PyTorch side of the inference benchmark: reads one request a line, answers each with one line, else waits.

    {"command": "versions"}
    {"command": "load", "config": {...}, "weights": FILE, "x": FILE, "c": FILE, "threads": N}
    {"command": "build", "layout": "contiguous" or "channelsLast", "compiled": BOOL}
    {"command": "run", "count": N}
    {"command": "output", "file": FILE}
    {"command": "export", "file": FILE}                             # ONNX, of the generator as `load` left it

The files of x, c and the output are float32 values in the order NCHW, batch 1. Each run turns an array of values into one.
"""

import json
import sys
import time
import traceback
import warnings

import numpy
import torch
from networks import Generator, Networks, condition_channels
from safetensors.torch import load_file
from torch import Tensor, nn
from weights import load_weights

LAYOUTS = {'contiguous': torch.contiguous_format, 'channelsLast': torch.channels_last}


class Drawing(nn.Module):
    """From x and c to the image alone: the heads of the guided levels are not computed."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        features, _ = self.generator.features(x, c)
        return self.generator.output(features)


class Peer:
    def __init__(self):
        self.drawing: nn.Module | None = None
        self.inputs: tuple[numpy.ndarray, ...] = ()

    def versions(self) -> dict:
        settings = torch.__config__.show()
        library = next((line.strip(' -') for line in settings.splitlines() if 'MKL-DNN' in line), 'no oneDNN')
        return {
            'torch': torch.__version__,
            'onednn': library.split(' (')[0],
            'python': sys.version.split()[0],
            'instructionSet': torch.backends.cpu.get_cpu_capability(),
        }

    def load(self, config: dict, weights: str, x: str, c: str, threads: int) -> dict:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        size = config['image']['size']
        channels = (3, condition_channels(config['condition']))
        self.inputs = tuple(
            numpy.fromfile(file, numpy.float32).reshape(1, count, size, size) for file, count in zip((x, c), channels)
        )
        networks = Networks(config)
        load_weights(networks, load_file(weights))
        self.generator = Drawing(networks.generator.eval().requires_grad_(False))
        return {'threads': torch.get_num_threads()}

    def build(self, layout: str, compiled: bool) -> dict:
        self.layout = LAYOUTS[layout]
        self.drawing = self.generator.to(memory_format=self.layout)
        if compiled:
            torch._dynamo.reset()
            self.drawing = torch.compile(self.drawing, dynamic=False)
        self.draw()
        return {}

    @torch.inference_mode()
    def draw(self) -> numpy.ndarray:
        x, c = (torch.from_numpy(values).contiguous(memory_format=self.layout) for values in self.inputs)
        return self.drawing(x, c).numpy()

    def run(self, count: int) -> dict:
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(count):
            self.draw()
        return {'seconds': time.perf_counter() - start, 'cpuSeconds': time.process_time() - cpu_start}

    def output(self, file: str) -> dict:
        numpy.ascontiguousarray(self.draw()).tofile(file)
        return {}

    def export(self, file: str) -> dict:
        examples = tuple(torch.from_numpy(values) for values in self.inputs)
        drawing = self.generator.to(memory_format=torch.contiguous_format)
        names = {'input_names': ['x', 'c'], 'output_names': ['image']}
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            torch.onnx.export(drawing, examples, file, dynamo=True, external_data=False, verbose=False, **names)
        return {}


def main() -> None:
    peer = Peer()
    # The exporter prints; the lines of the protocol are ours.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = getattr(peer, request.pop('command'))(**request)
        except Exception:
            answer = {'error': traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == '__main__':
    main()
