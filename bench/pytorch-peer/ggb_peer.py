"""The PyTorch side of the training-step benchmarks: reads one request a line, answers each with one line, else waits.

    {"command": "versions"}
    {"command": "build", "config": {...}, "weights": FILE, "batches": FILE, "threads": N, "layout": ..., "adam": ...}
    {"command": "run", "steps": N}

`config` is a resolved config of @ggb/core; `layout` is "contiguous" or "channelsLast", `adam` "fused", "foreach" or "loop".
"""

import json
import sys
import time
import traceback

import torch
from networks import Networks
from safetensors.torch import load_file
from train_step import TrainStep
from weights import load_batches, load_weights

LAYOUTS = {'contiguous': torch.contiguous_format, 'channelsLast': torch.channels_last}
ADAMS = {'fused': {'fused': True}, 'foreach': {'foreach': True}, 'loop': {'foreach': False}}


class Peer:
    def __init__(self):
        self.step: TrainStep | None = None
        self.batches = []
        self.done = 0

    def versions(self) -> dict:
        settings = torch.__config__.show()
        library = next((line.strip(' -') for line in settings.splitlines() if 'MKL-DNN' in line), 'no oneDNN')
        return {
            'torch': torch.__version__,
            'onednn': library.split(' (')[0],
            'python': sys.version.split()[0],
            'instructionSet': torch.backends.cpu.get_cpu_capability(),
        }

    def build(self, config: dict, weights: str, batches: str, threads: int, layout: str, adam: str) -> dict:
        torch.set_num_threads(threads)
        # Before the first parallel region: threads take it over from the one that makes them.
        torch.set_flush_denormal(True)
        self.step = None
        networks = Networks(config)
        load_weights(networks, load_file(weights))
        self.step = TrainStep(networks.to(memory_format=LAYOUTS[layout]), config, ADAMS[adam])
        self.batches = load_batches(batches, LAYOUTS[layout])
        self.done = 0
        return {'threads': torch.get_num_threads()}

    def run(self, steps: int) -> dict:
        if self.step is None:
            raise ValueError('run: nothing was built.')
        losses = []
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(steps):
            losses.append(self.step(*self.batches[self.done % len(self.batches)]))
            self.done += 1
        return {
            'seconds': time.perf_counter() - start,
            'cpuSeconds': time.process_time() - cpu_start,
            'losses': losses,
        }


def main() -> None:
    peer = Peer()
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = getattr(peer, request.pop('command'))(**request)
        except Exception:
            answer = {'error': traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
