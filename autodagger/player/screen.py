"""The screen that a policy is given: whatever is none is refused in words."""

from typing import Any

import numpy as np

from autodagger.errors import UserError


def check_screen(screen: Any, size: tuple[int, int] | None) -> None:
    """Refuses what is no screen of the game's.

    Args:
        screen: What the caller gave.
        size: Height and width that it must have; None: any.

    Raises:
        UserError: Says what was found, what is expected, and how to get there.
    """
    mistake = _find_mistake(screen, size)
    if mistake:
        found, advice = mistake
        height, width = size or ("height", "width")
        raise UserError(
            f"act: found {found}; expected the game's screen as the console gives it, a numpy "
            f"array ({height}, {width}, 3) of uint8, RGB from 0 to 255. {advice}"
        )


def _find_mistake(screen: Any, size: tuple[int, int] | None) -> tuple[str, str] | None:
    """What was found, and what to do; None for a screen."""
    if not isinstance(screen, np.ndarray):
        kind = f"{type(screen).__module__}.{type(screen).__qualname__}".removeprefix("builtins.")
        return f"a {kind}", "Give it np.asarray(screen)."
    if mistake := _find_mistaken_shape(screen.shape):
        return mistake
    if screen.dtype != np.uint8:
        return _describe_values(screen)
    if size and screen.shape[:2] != size:
        return _describe_size(screen.shape, size)
    return None


def _find_mistaken_shape(shape: tuple[int, ...]) -> tuple[str, str] | None:
    found = f"an array of shape {shape}"
    if len(shape) == 4:
        return f"{found}, several screens", "Give it one a step: screens[k]."
    if len(shape) == 2:
        return f"{found}, without colours", "Ask the emulator for RGB: the policy makes it gray."
    if len(shape) != 3 or 0 in shape:
        return found, "Look at where it comes from."
    if shape[2] == 3:
        return None
    if shape[0] == 3:
        return f"{found}, the channels first", "Give it screen.transpose(1, 2, 0)."
    if shape[2] == 4:
        return f"{found}, with a fourth channel", "Give it screen[:, :, :3], if these are RGB."
    return found, "Give it three channels, which come last."


def _describe_values(screen: np.ndarray) -> tuple[str, str]:
    found = f"values of {screen.dtype}"
    if not np.issubdtype(screen.dtype, np.number) or np.iscomplexobj(screen):
        return found, "Look at where it comes from."
    low, high = float(np.min(screen)), float(np.max(screen))
    found = f"{found} from {low:.4g} to {high:.4g}"
    if np.issubdtype(screen.dtype, np.floating) and 0 <= low <= high <= 1:
        return found, "Give it (screen * 255).round().astype(np.uint8)."
    if 0 <= low <= high <= 255:
        return found, "Give it screen.astype(np.uint8)."
    return found, "Undo what scaled or centred them."


def _describe_size(shape: tuple[int, ...], size: tuple[int, int]) -> tuple[str, str]:
    found = f"a screen of {shape[0]} rows and {shape[1]} columns"
    if shape[:2] == size[::-1]:
        return f"{found}, which are swapped", "Give it screen.transpose(1, 0, 2)."
    return found, "Give it the whole screen, neither cut nor resized."
