"""safetensors in the names and layouts of @ggb/core: '/' between names, images NHWC, kernels HWIO, deconvolutions HWOI."""

import torch
from networks import Networks
from safetensors.torch import load_file
from torch import Tensor


class WeightsError(ValueError):
    """The file does not fit the networks."""


def load_weights(networks: Networks, tensors: dict[str, Tensor]) -> None:
    """Copies every weight and running statistic; refuses a file that lacks one or holds one more."""
    own = dict(networks.named_parameters()) | dict(networks.named_buffers())
    own = {name.replace('.', '/'): value for name, value in own.items()}
    missing, unknown = own.keys() - tensors.keys(), tensors.keys() - own.keys()
    if missing or unknown:
        raise WeightsError(f'weights: missing {sorted(missing)}, unknown {sorted(unknown)}.')
    with torch.no_grad():
        for name, value in own.items():
            given = to_torch(tensors[name])
            if given.shape != value.shape:
                raise WeightsError(f'weights: {name} is {list(given.shape)}, expected {list(value.shape)}.')
            value.copy_(given)


def saved_weights(networks: Networks) -> dict[str, Tensor]:
    """The weights as @ggb/core would write them."""
    own = dict(networks.named_parameters()) | dict(networks.named_buffers())
    return {name.replace('.', '/'): from_torch(value.detach()) for name, value in own.items()}


def to_torch(kernel: Tensor) -> Tensor:
    # HWIO -> OIHW, and for deconvolutions [h, w, out, in] -> [in, out, h, w]: the same permutation.
    return kernel.permute(3, 2, 0, 1) if kernel.dim() == 4 else kernel


def from_torch(weight: Tensor) -> Tensor:
    return (weight.permute(2, 3, 1, 0) if weight.dim() == 4 else weight).contiguous()


def load_batches(path: str, layout: torch.memory_format) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Batches `0/source`, `0/target`, `0/condition`, `1/source`, ... as (x, y, c) in NCHW."""
    tensors = load_file(path)
    count = len({name.split('/')[0] for name in tensors})
    return [
        tuple(
            tensors[f'{index}/{part}'].permute(0, 3, 1, 2).contiguous(memory_format=layout)
            for part in ('source', 'target', 'condition')
        )
        for index in range(count)
    ]
