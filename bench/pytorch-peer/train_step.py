"""One iteration of section 2.3 as docs/model.md decides it, the way a PyTorch user would write it for speed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from losses import judged_fake, judged_real, reconstruction
from networks import Networks
from torch import Tensor, nn


class TrainStep:
    """Owns the optimizers. Calling it does one iteration on (x, y, c) and returns the losses by name."""

    def __init__(self, networks: Networks, config: dict, adam: dict | None = None):
        """`adam`: which implementation of torch.optim.Adam, e.g. {'fused': True}; the result is the same.

        Where `config` has the precision bfloat16, forward passes and losses run under autocast: weights, their gradients
        and Adam stay float32. Each pass has a context of its own, for autocast keeps its copies of the weights to the end
        of one, and between two passes they are updated.
        """
        self.is_bfloat16: bool = config.get('precision') == 'bfloat16'
        model, training, weights = config['model'], config['training'], config['loss']
        self.networks = networks
        self.levels: int = model['levels']
        self.guided_levels: list[int] = model['guidedLevels']
        self.downsizing: str = model['downsizing']
        self.has_critics: bool = bool(self.guided_levels) and (model['rapd'] or model['nvtd'])
        self.fused: bool = training['update'] == 'fused' or not self.guided_levels
        self.weights = weights
        level_weights = weights.get('levelWeights') or [1] * len(self.guided_levels)
        self.level_weights = dict(zip(self.guided_levels, level_weights, strict=True))

        def optimizer(parameters, rate=training['learningRate']) -> torch.optim.Adam | None:
            betas = (training['beta1'], training['beta2'])
            parameters = list(parameters)
            return torch.optim.Adam(parameters, rate, betas, training['epsilon'], **(adam or {})) if parameters else None

        self.discriminator_adam = optimizer(networks.discriminator.parameters())
        self.block_adam = optimizer(parameter for block in networks.blocks() for parameter in block.parameters())
        self.generator_adam = optimizer(networks.generator.parameters())
        self.guided_adam = None
        if not self.fused:
            rate = training.get('guidedLearningRate') or training['learningRate']
            self.guided_adam = optimizer(networks.generator.parameters(), rate)

    def __call__(self, x: Tensor, y: Tensor, c: Tensor) -> dict[str, float]:
        losses: dict[str, Tensor] = {}
        generator = self.networks.generator
        sources = {n: self.at_level(x, n) for n in self.guided_levels}
        targets = {n: self.at_level(y, n) for n in self.guided_levels}

        # 1. The graph of this pass is kept for point 4, which does not reach the last deconvolution.
        with self.precision():
            features, guided = generator.features(x, c)
            with torch.set_grad_enabled(self.fused):
                image = generator.output(features)
            level_images = generator.level_images(guided)

        self.update_discriminator(y, image.detach(), losses)
        if self.has_critics:
            self.update_blocks(sources, targets, level_images, losses)

        with frozen([self.networks.discriminator, *self.networks.blocks()]):
            if self.fused:
                with self.precision():
                    loss = self.guided_loss(sources, targets, level_images, losses) + self.loss(y, image, losses)
                update(self.generator_adam, loss)
            else:
                del features, image
                with self.precision():
                    loss = self.guided_loss(sources, targets, level_images, losses)
                update(self.guided_adam, loss)
                with self.precision():
                    features, _ = generator.features(x, c)
                    loss = self.loss(y, generator.output(features), losses)
                update(self.generator_adam, loss)

        ordered = sorted(losses, key=self.order)
        return dict(zip(ordered, torch.stack([losses[name] for name in ordered]).tolist()))

    def precision(self) -> torch.autocast:
        return torch.autocast('cpu', torch.bfloat16, enabled=self.is_bfloat16)

    def update_discriminator(self, y: Tensor, image: Tensor, losses: dict[str, Tensor]) -> None:
        """Point 2, equation 1."""
        with self.precision():
            real, fake = self.networks.discriminator(y), self.networks.discriminator(image)
            loss = judged_real(real) + judged_fake(fake)
        update(self.discriminator_adam, loss)
        losses['discriminator'] = loss.detach()
        losses['discriminator.real'] = mean_judgement(real)
        losses['discriminator.fake'] = mean_judgement(fake)

    def update_blocks(self, sources, targets, level_images, losses: dict[str, Tensor]) -> None:
        """Point 3, equations 5 and 6."""
        with self.precision():
            total = self.block_loss(sources, targets, level_images, losses)
        update(self.block_adam, total)

    def block_loss(self, sources, targets, level_images, losses: dict[str, Tensor]) -> Tensor | float:
        total = 0.0
        for n in self.guided_levels:
            block = self.networks.block(n)
            # E has no norm, so one pass over the three batches is three passes.
            e_x, e_y, e_image = block.encoder(torch.cat((sources[n], targets[n], level_images[n].detach()))).chunk(3)
            critics = {}
            if block.rapd is not None:
                critics['rapd'] = block.rapd(e_y), block.rapd(e_image)
            if block.nvtd is not None:
                critics['nvtd'] = block.nvtd(e_y - e_x), block.nvtd(e_image - e_x)
            for name, (real, fake) in critics.items():
                loss = judged_real(real) + judged_fake(fake)
                total = total + loss
                losses[f'level{n}.{name}'] = loss.detach()
                losses[f'level{n}.{name}.real'] = mean_judgement(real)
                losses[f'level{n}.{name}.fake'] = mean_judgement(fake)
        return total

    def guided_loss(self, sources, targets, level_images, losses: dict[str, Tensor]) -> Tensor | float:
        """Equation 9."""
        total = 0.0
        for n in self.guided_levels:
            loss = reconstruction(targets[n], level_images[n])
            losses[f'level{n}.reconstruction'] = loss.detach()
            total = total + self.weights['reconstructionWeight'] * loss
            if not self.has_critics:
                continue
            block = self.networks.block(n)
            e_image = block.encoder(level_images[n])
            if block.rapd is not None:
                loss = judged_real(block.rapd(e_image))
                losses[f'level{n}.appearance'] = loss.detach()
                total = total + self.level_weights[n] * self.weights['appearanceWeight'] * loss
            if block.nvtd is not None:
                loss = judged_real(block.nvtd(e_image - block.encoder(sources[n])))
                losses[f'level{n}.variation'] = loss.detach()
                total = total + self.level_weights[n] * self.weights['variationWeight'] * loss
        return total

    def loss(self, y: Tensor, image: Tensor, losses: dict[str, Tensor]) -> Tensor:
        """Equation 4."""
        adversarial = judged_real(self.networks.discriminator(image))
        rebuilt = reconstruction(y, image)
        losses['generator.adversarial'] = adversarial.detach()
        losses['generator.reconstruction'] = rebuilt.detach()
        return self.weights['adversarialWeight'] * adversarial + self.weights['reconstructionWeight'] * rebuilt

    def at_level(self, images: Tensor, level: int) -> Tensor:
        factor = 1 << (self.levels - level)
        if self.downsizing == 'area':
            return F.avg_pool2d(images, factor)
        return F.interpolate(images, scale_factor=1 / factor, mode='bilinear', align_corners=False)

    def order(self, name: str) -> tuple[int, int]:
        """The order of the losses in every record."""
        whole = ['discriminator', 'generator.adversarial', 'generator.reconstruction']
        whole += ['discriminator.real', 'discriminator.fake']
        if name in whole:
            return -1, whole.index(name)
        level, kind = name.split('.', 1)
        kinds = ['rapd', 'nvtd', 'appearance', 'variation', 'reconstruction']
        kinds += ['rapd.real', 'rapd.fake', 'nvtd.real', 'nvtd.fake']
        return int(level.removeprefix('level')), kinds.index(kind)


@contextmanager
def frozen(networks: list[nn.Module]) -> Iterator[None]:
    """Constants inside: gradients flow through these networks, not into them, and cost nothing there."""
    for network in networks:
        network.requires_grad_(False)
    try:
        yield
    finally:
        for network in networks:
            network.requires_grad_(True)


def update(adam: torch.optim.Adam, loss: Tensor) -> None:
    """One step; weights that the loss does not reach have no gradient and are left alone, moments included."""
    loss.backward()
    adam.step()
    adam.zero_grad(set_to_none=True)


def mean_judgement(logits: Tensor) -> Tensor:
    return logits.detach().float().sigmoid().mean()
