"""The student's network: from pixels to actions."""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from autodagger.student.view import View


@dataclass(frozen=True)
class NetworkArgs:
    """What it takes to build a student.

    Attributes:
        network: A key of `TRUNKS`.
        hidden_dim: Width of the fully connected layer.
        view: What it sees.
        actions: Action names; it has one logit for each.
    """

    network: str
    hidden_dim: int
    view: View
    actions: tuple[str, ...]


_PIXEL_CENTER, _PIXEL_SCALE = 128.0, 64.0  # before `Student.center_on`: around zero, about one wide
_CENTERING_FRAMES = 512


def _initialize(module: nn.Module) -> None:
    # He et al. 2015, "Delving Deep into Rectifiers": learns faster than torch's own choice.
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(functional.relu(self.first(functional.relu(x))))
        return out


def _impala(channels: int) -> nn.Sequential:
    """Espeholt et al. 2018, "IMPALA", figure 3, right: three residual sections, 16, 32, 32 wide."""
    layers: list[nn.Module] = []
    for width in (16, 32, 32):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.MaxPool2d(3, 2, padding=1)]
        layers += [_Residual(width), _Residual(width)]
        channels = width
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


def _nature(channels: int) -> nn.Sequential:
    """Mnih et al. 2015, "Human-level control through deep reinforcement learning", Methods."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 8, stride=4),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 4, stride=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(inplace=True),
    )


def _small(channels: int) -> nn.Sequential:
    """Mnih et al. 2013, "Playing Atari with Deep Reinforcement Learning", section 4.1."""
    return nn.Sequential(
        nn.Conv2d(channels, 16, 8, stride=4),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 32, 4, stride=2),
        nn.ReLU(inplace=True),
    )


TRUNKS = {"impala": _impala, "nature": _nature, "small": _small}
"""Convolutional trunks by name, dearest first."""


class Student(nn.Module):
    """A trunk of `TRUNKS`, one hidden layer, one logit an action."""

    def __init__(self, args: NetworkArgs) -> None:
        super().__init__()
        self.args = args
        height, width, channels = args.view.shape
        self.trunk = TRUNKS[args.network](channels)
        with torch.no_grad():
            features = self.trunk(torch.zeros(1, channels, height, width)).numel()
        extra = len(args.actions) if args.view.previous_action else 0
        self.hidden = nn.Linear(features + extra, args.hidden_dim)
        self.head = nn.Linear(args.hidden_dim, len(args.actions))
        self.apply(_initialize)
        self._frozen: _First | None = None
        self.center: Tensor  # (H, W, C) float32
        self.scale: Tensor  # () float32
        self.register_buffer("center", torch.full(args.view.shape, _PIXEL_CENTER))
        self.register_buffer("scale", torch.tensor(_PIXEL_SCALE))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def center_on(self, frames: np.ndarray) -> None:
        """From now on, sees how a frame differs from the mean of `frames` (F, H, W, C) uint8.

        Screens of one place are nearly equal; without what they share, the network need not learn
        to look past it first. Learns a milestone in about half of the steps.
        """
        some = frames[:: 1 + len(frames) // _CENTERING_FRAMES].astype(np.float32)
        # Whole numbers and a power of two: nothing is lost where the network takes bfloat16.
        self.center.copy_(torch.from_numpy(some.mean(0).round()))
        self.scale.fill_(2.0 ** max(0, round(math.log2(max(1.0, float(some.std()))))))

    def forward(self, obs: Tensor, prev_act: Tensor) -> Tensor:
        """Logits (N, actions) for obs (N, H, W, C) uint8 and prev_act (N,) int64.

        Computes in the type of the weights.
        """
        logits: Tensor = self.head(self.hidden(self.extract(obs, prev_act)).relu_())
        return logits

    def extract(self, obs: Tensor, prev_act: Tensor) -> Tensor:
        """What the fully connected layers see, (N, features), of the same inputs."""
        x = self._see(obs)  # (N, C, H', W')
        for layer in list(self.trunk)[1:]:
            x = layer(x)
        x = x.permute(0, 2, 3, 1).flatten(1)
        if self.args.view.previous_action:
            one_hot = functional.one_hot(prev_act, len(self.args.actions))
            x = torch.cat([x, one_hot.to(x.dtype)], dim=1)
        return x

    def freeze(self) -> Self:
        """Derives once what every answer needs of the weights: they must not change any more."""
        self._frozen = self._derive_first()
        return self.eval().requires_grad_(False)

    def _see(self, obs: Tensor) -> Tensor:
        """The first layer's (N, C', H', W') of the centred and scaled obs (N, H, W, C) uint8."""
        first = self._frozen or self._derive_first()
        if first.block > 1:
            obs = _to_blocks(obs, first.block)
        x = obs.to(first.kernel.dtype).sub_(first.center)
        # A permuted view is what torch calls channels-last: nothing is copied.
        x = x.permute(0, 3, 1, 2)
        return functional.conv2d(x, first.kernel, first.bias, first.stride, first.padding)

    def _derive_first(self) -> "_First":
        conv: nn.Conv2d = self.trunk[0]  # type: ignore[assignment]
        kernel, center, size = conv.weight / self.scale, self.center[None], conv.stride[0]
        if size == 1 or conv.kernel_size != (2 * size, 2 * size):
            return _First(1, center, kernel, conv.bias, conv.stride, conv.padding)
        kernel = _to_block_kernel(kernel, size)
        return _First(size, _to_blocks(center, size), kernel, conv.bias, (1, 1), (0, 0))


class _First(NamedTuple):
    """A first layer: what is taken off the observation, and the convolution of the rest.

    One twice as wide as its stride s is computed as 2 × 2 over blocks of s × s pixels: these have
    channels enough for matrix units (AMX, tensor cores), which the one of a gray picture has not.
    """

    block: int  # s; 1 where the layer is computed as it is
    center: Tensor  # (1, H, W, C), by blocks where those are used
    kernel: Tensor  # (O, C, kernel height, kernel width), likewise; divided by the scale
    bias: Tensor | None  # (O,)
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]


def _to_blocks(images: Tensor, size: int) -> Tensor:
    """(N, H, W, C) as (N, H // size, W // size, size * size * C): a block's pixels row by row."""
    n, height, width, channels = images.shape
    rows, columns = height // size, width // size
    pixels = images[:, : rows * size, : columns * size]
    blocks = pixels.reshape(n, rows, size, columns, size * channels)
    if images.dtype is torch.uint8 and width * channels % 4 == size * channels % 4 == 0:
        blocks = blocks.view(torch.int32)  # moved four at a time, which takes a tenth of the time
    moved = blocks.transpose(2, 3).contiguous()
    return moved.view(images.dtype).reshape(n, rows, columns, -1)


def _to_block_kernel(weight: Tensor, size: int) -> Tensor:
    """(O, C, 2 size, 2 size) as the (O, size * size * C, 2, 2) that does the same to blocks."""
    out, channels = weight.shape[:2]
    kernel = weight.reshape(out, channels, 2, size, 2, size).permute(0, 3, 5, 1, 2, 4)
    return kernel.reshape(out, -1, 2, 2).contiguous(memory_format=torch.channels_last)
