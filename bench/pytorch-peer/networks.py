"""The networks of docs/model.md in PyTorch. Module and parameter names are those of @ggb/core's checkpoints, '.' for '/'.

In mode `eval()` the generator is as at inference: running statistics, no dropout.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPSILON = 1e-5
MOMENTUM = 0.1
LEAKY_SLOPE = 0.2


class Norm(nn.Module):
    """Batch or instance norm. Only the generator keeps running statistics; everyone trains on those of the batch."""

    def __init__(self, kind: str, channels: int, running: bool):
        super().__init__()
        self.kind = kind
        self.scale = nn.Parameter(torch.ones(channels))
        self.offset = nn.Parameter(torch.zeros(channels))
        keeps = running and kind == 'batch'
        self.register_buffer('mean', torch.zeros(channels) if keeps else None)
        self.register_buffer('variance', torch.ones(channels) if keeps else None)

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == 'instance':
            # Not F.instance_norm: it refuses maps of one pixel, which small images have.
            return torch.instance_norm(
                x, self.scale, self.offset, None, None, True, 0.0, NORM_EPSILON, torch.backends.cudnn.enabled
            )
        is_training = self.training or self.mean is None
        return F.batch_norm(x, self.mean, self.variance, self.scale, self.offset, is_training, MOMENTUM, NORM_EPSILON)


class Layer(nn.Module):
    """What convolution and deconvolution share: kernel, bias and the norm that may follow."""

    def __init__(self, kernel_shape: tuple[int, ...], channels: int, stride: int, norm: str, running: bool):
        super().__init__()
        self.stride = stride
        self.kernel = nn.Parameter(torch.empty(kernel_shape))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = None if norm == 'none' else Norm(norm, channels, running)

    def normalised(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)


class Convolution(Layer):
    """Convolution that pads as TensorFlow's "same": the smaller half first."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, norm: str = 'none', running: bool = False):
        super().__init__((outputs, inputs, kernel, kernel), outputs, stride, norm, running)

    def forward(self, x: Tensor) -> Tensor:
        (top, bottom), (left, right) = (self.padding(side) for side in x.shape[2:])
        if top == bottom and left == right:
            return self.normalised(F.conv2d(x, self.kernel, self.bias, self.stride, (top, left)))
        # PyTorch pads both ends alike.
        return self.normalised(F.conv2d(F.pad(x, (left, right, top, bottom)), self.kernel, self.bias, self.stride))

    def padding(self, side: int) -> tuple[int, int]:
        total = max((-(-side // self.stride) - 1) * self.stride + self.kernel.shape[2] - side, 0)
        return total // 2, total - total // 2


class Deconvolution(Layer):
    """Transpose of the "same" convolution of stride 2 that maps its output to its input: the side doubles."""

    def __init__(self, inputs: int, outputs: int, kernel: int, norm: str = 'none', running: bool = False):
        super().__init__((inputs, outputs, kernel, kernel), outputs, 2, norm, running)

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.kernel.shape[2]
        before = max(kernel - 2, 0) // 2
        missing = 2 - kernel + 2 * before
        y = F.conv_transpose2d(x, self.kernel, self.bias, 2, before, max(missing, 0))
        if missing < 0:
            y = y[:, :, :missing, :missing]
        return self.normalised(y)


class Generator(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        model = config['model']
        generator = model['generator']
        self.levels: int = model['levels']
        self.guided_levels: list[int] = model['guidedLevels']
        self.dropout: float = generator['dropout']
        self.dropout_levels: int = generator['dropoutLevels']
        kernel, norm = generator['kernelSize'], generator['norm']
        n_levels = self.levels
        widths = [min(generator['baseChannels'] << k, generator['maxChannels']) for k in range(n_levels)]
        inputs = 3 + condition_channels(config['condition'])
        for k in range(1, n_levels + 1):
            inner = 'none' if k in (1, n_levels) else norm
            self.add_module(f'encoder{k}', Convolution(inputs, widths[k - 1], kernel, 2, inner, running=True))
            inputs = widths[k - 1]
        features = widths[n_levels - 1]
        for n in range(1, n_levels + 1):
            skip = 0 if n == 1 else widths[n_levels - n]
            outputs, inner = (3, 'none') if n == n_levels else (widths[n_levels - n - 1], norm)
            self.add_module(f'decoder{n}', Deconvolution(features + skip, outputs, kernel, inner, running=True))
            if n in self.guided_levels:
                self.add_module(f'head{n}', Convolution(outputs, 3, generator['headKernelSize'], 1))
            features = outputs

    def features(self, x: Tensor, c: Tensor) -> tuple[Tensor, dict[int, Tensor]]:
        """What the last deconvolution sees, and f^n of the guided levels."""
        encoded = [torch.cat((x, c), 1)]
        for k in range(1, self.levels + 1):
            y = self.get_submodule(f'encoder{k}')(encoded[-1])
            encoded.append(F.relu_(y) if k == self.levels else F.leaky_relu_(y, LEAKY_SLOPE))
        f = encoded[self.levels]
        guided = {}
        for n in range(1, self.levels):
            y = self.get_submodule(f'decoder{n}')(f if n == 1 else torch.cat((f, encoded[self.levels - n + 1]), 1))
            if n <= self.dropout_levels and self.dropout > 0:
                y = F.dropout(y, self.dropout, self.training)
            f = F.relu_(y)
            if n in self.guided_levels:
                guided[n] = f
        return torch.cat((f, encoded[1]), 1), guided

    def output(self, features: Tensor) -> Tensor:
        """The last deconvolution: x̂."""
        return self.get_submodule(f'decoder{self.levels}')(features).tanh_()

    def level_images(self, guided: dict[int, Tensor]) -> dict[int, Tensor]:
        """The heads: x̂^n."""
        return {n: self.get_submodule(f'head{n}')(f).tanh_() for n, f in guided.items()}


class Discriminator(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        discriminator = config['model']['discriminator']
        self.layers: int = discriminator['layers']
        inputs = 3
        for k in range(1, self.layers + 1):
            last = k == self.layers
            outputs = 1 if last else min(discriminator['baseChannels'] << (k - 1), discriminator['maxChannels'])
            norm = 'none' if last or k == 1 else discriminator['norm']
            self.add_module(f'layer{k}', Convolution(inputs, outputs, discriminator['kernelSize'], 2, norm))
            inputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        for k in range(1, self.layers):
            x = F.leaky_relu_(self.get_submodule(f'layer{k}')(x), LEAKY_SLOPE)
        return self.get_submodule(f'layer{self.layers}')(x)


class FeatureEncoder(nn.Module):
    """E^n."""

    def __init__(self, block: dict):
        super().__init__()
        first, second = block['encoderChannels']
        self.layer1 = Convolution(3, first, block['encoderKernelSize'], 2)
        self.layer2 = Convolution(first, second, block['encoderKernelSize'], 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu_(self.layer2(F.leaky_relu_(self.layer1(x), LEAKY_SLOPE)), LEAKY_SLOPE)


class Critic(nn.Module):
    """RAPD or NVTD, for encodings of the given side."""

    def __init__(self, block: dict, side: int):
        super().__init__()
        widths = [block['encoderChannels'][1], *block['criticChannels'], 1]
        for k in range(1, 4):
            stride = 2 if side > 4 else 1
            norm = block['criticNorm'] if k == 2 else 'none'
            layer = Convolution(widths[k - 1], widths[k], block['criticKernelSize'], stride, norm)
            self.add_module(f'layer{k}', layer)
            side = -(-side // stride)

    def forward(self, e: Tensor) -> Tensor:
        e = F.leaky_relu_(self.layer1(e), LEAKY_SLOPE)
        e = F.leaky_relu_(self.layer2(e), LEAKY_SLOPE)
        return self.layer3(e)


class GuidingBlock(nn.Module):
    def __init__(self, config: dict, level: int):
        super().__init__()
        model = config['model']
        side = config['image']['size'] >> (model['levels'] - level) >> 2
        self.encoder = FeatureEncoder(model['guidingBlock'])
        self.rapd = Critic(model['guidingBlock'], side) if model['rapd'] else None
        self.nvtd = Critic(model['guidingBlock'], side) if model['nvtd'] else None


class Networks(nn.Module):
    """All of them, so that a parameter's full name is the one in the checkpoint."""

    def __init__(self, config: dict):
        super().__init__()
        model = config['model']
        self.generator = Generator(config)
        self.discriminator = Discriminator(config)
        self.guided_levels: list[int] = model['guidedLevels']
        for n in self.guided_levels:
            self.add_module(f'block{n}', GuidingBlock(config, n))

    def block(self, level: int) -> GuidingBlock:
        return self.get_submodule(f'block{level}')

    def blocks(self) -> list[GuidingBlock]:
        return [self.block(n) for n in self.guided_levels]


def condition_channels(condition: dict) -> int:
    match condition['kind']:
        case 'keypoints':
            return 18 * (2 if condition['sourceKeypoints'] else 1)
        case 'label':
            return condition['length']
        case 'image':
            return 3
        case kind:
            raise ValueError(f'condition.kind: expected keypoints, label or image, received {kind}.')
