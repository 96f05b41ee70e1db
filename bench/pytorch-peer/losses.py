"""Equations 1 to 9 of docs/model.md, as far as they are formulas of their own."""

import torch.nn.functional as F
from torch import Tensor


def judged_real(logits: Tensor) -> Tensor:
    """bce(logits, 1)."""
    return F.softplus(-logits).mean()


def judged_fake(logits: Tensor) -> Tensor:
    """bce(logits, 0)."""
    return F.softplus(logits).mean()


def reconstruction(target: Tensor, image: Tensor) -> Tensor:
    """Equation 3."""
    return F.l1_loss(image, target)
