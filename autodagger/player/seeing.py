"""What a `View` does to a screen, in torch: the same whole numbers as Pillow's, for export."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from autodagger.errors import UserError
from autodagger.student.view import View

# ITU-R 601, as Pillow's `convert("L")` has it: sums of these times whole numbers below 256 have 24
# bits, and a float has as many. As a convolution, which runtimes do fastest.
_LUMA = (19595 / 65536, 38470 / 65536, 7471 / 65536)
_REDUCE_BITS, _RESIZE_BITS = 24, 22  # of Pillow's fixed-point fractions in Reduce.c and Resample.c
_PROBES = 8  # pictures of noise, on which the two orders differ by a tenth of all pixels


class Seeing(nn.Module):
    """One screen as it is in an observation: `View.see`.

    Whole numbers in floats, none too large to be exact: so it exports to any runtime.

    Args:
        view: What is seen.
        screen_size: Height and width of the screen.
    """

    luma: Tensor  # (1, 3, 1, 1) float32
    rounding: Tensor  # (1,) float32

    def __init__(self, view: View, screen_size: tuple[int, int]) -> None:
        super().__init__()
        self._grayscale = view.grayscale
        self.register_buffer("luma", torch.tensor(_LUMA).reshape(1, 3, 1, 1))
        self.register_buffer("rounding", torch.tensor([0.5]))
        self._shrink = _choose_shrink(view, screen_size)

    def forward(self, screen: Tensor) -> Tensor:
        """(height, width, 1 or 3) uint8 for a screen (H, W, 3) uint8."""
        picture = screen.permute(2, 0, 1)[None].float()
        if self._grayscale:
            picture = torch.floor(functional.conv2d(picture, self.luma, self.rounding))
        seen: Tensor = self._shrink(picture)[0].permute(1, 2, 0)
        return seen.to(torch.uint8)


def _choose_shrink(view: View, screen_size: tuple[int, int]) -> nn.Module:
    """What makes a picture of one size one of the other, as this Pillow does."""
    size = view.frame_size
    if screen_size == size:
        return nn.Identity()
    if all(a % b == 0 for a, b in zip(screen_size, size, strict=True)):
        return _Reduce(screen_size, size)
    # Pillow rounds between its passes, and which comes first is a question of speed to it.
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(_PROBES, *screen_size), dtype=np.uint8)
    asked = View(size, grayscale=True)
    expected = [asked.see(picture)[..., 0] for picture in pictures]
    for rows_first in (False, True):
        shrink = _Resize(screen_size, size, rows_first)
        found = [shrink(torch.from_numpy(one)[None, None].float())[0, 0] for one in pictures]
        if np.array_equal(torch.stack(found).numpy(), expected):
            return shrink
    raise UserError(
        f"this Pillow shrinks a screen of {screen_size} to {size} in a way that is not known here; "
        "install the version that envs/requirements.txt names."
    )


class _Reduce(nn.Module):
    """Pillow's `reduce`: the mean of each block, by a factor in fixed point."""

    def __init__(self, screen_size: tuple[int, int], frame_size: tuple[int, int]) -> None:
        super().__init__()
        self._factors = tuple(a // b for a, b in zip(screen_size, frame_size, strict=True))
        self._count = self._factors[0] * self._factors[1]
        # Computed there in 32 bits of float, then cut off.
        self._multiplier = float(int(np.float32(1 << 32) / np.float32(256 * self._count)))

    def forward(self, picture: Tensor) -> Tensor:
        """(1, C, height, width) float64 for (1, C, H, W) float32."""
        channels = picture.shape[1]
        ones = torch.ones(channels, 1, *self._factors)
        blocks = functional.conv2d(picture, ones, stride=self._factors, groups=channels)
        total = blocks.double() + self._count // 2
        return torch.floor(total * self._multiplier / (1 << _REDUCE_BITS))


class _Resize(nn.Module):
    """Pillow's `resize` with its box filter: by rows and by columns, each pass rounded."""

    by_rows: Tensor  # (height, H) float64: the shares of the screen's rows
    by_columns: Tensor  # (width, W) float64

    def __init__(
        self, screen_size: tuple[int, int], frame_size: tuple[int, int], rows_first: bool
    ) -> None:
        super().__init__()
        passes = {"by_rows": 0, "by_columns": 1}
        self._passes = [name for name, k in passes.items() if screen_size[k] != frame_size[k]]
        for name in self._passes:
            shares = _get_shares(screen_size[passes[name]], frame_size[passes[name]])
            self.register_buffer(name, torch.from_numpy(shares))
        if not rows_first:
            self._passes.reverse()

    def forward(self, picture: Tensor) -> Tensor:
        """(1, C, height, width) float64 for (1, C, H, W) float32."""
        picture = picture.double()
        for name in self._passes:
            shares = getattr(self, name)
            total = shares @ picture if name == "by_rows" else picture @ shares.T
            picture = torch.floor(total / (1 << _RESIZE_BITS) + 0.5).clamp(0, 255)
        return picture


def _get_shares(size: int, wanted: int) -> np.ndarray:
    """(wanted, size) float64: how much of each pixel is in each of the wanted ones, in 2**-22.

    As Pillow computes them: a pixel belongs to those whose box holds its centre.
    """
    scale = size / wanted
    wide = max(scale, 1.0)
    shares = np.zeros((wanted, size))
    for place in range(wanted):
        center = (place + 0.5) * scale
        first = max(0, int(center - 0.5 * wide + 0.5))
        last = min(size, int(center + 0.5 * wide + 0.5))
        offsets = (np.arange(first, last) - center + 0.5) * (1.0 / wide)
        inside = ((offsets > -0.5) & (offsets <= 0.5)).astype(float)
        inside /= inside.sum() or 1.0
        shares[place, first:last] = np.floor(inside * (1 << _RESIZE_BITS) + 0.5)
    return shares
