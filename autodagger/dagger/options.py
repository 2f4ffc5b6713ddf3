"""The options of config.yaml that training depends on: names, defaults, bounds. Free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from autodagger.student.view import View

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number"}


def option(default: Any, **schema: Any) -> Any:
    """A field with what JSON Schema says of it; its type comes from the default's."""
    if type(default) in _JSON_TYPES:
        schema["type"] = _JSON_TYPES[type(default)]
    return field(default=default, metadata=schema)


@dataclass(frozen=True)
class Options:
    """A list of options: the config's schema and the rules take names and defaults from it."""

    @classmethod
    def take(cls, config: Mapping[str, Any]) -> Self:
        """Those among all options of a run."""
        return cls(**{one.name: config[one.name] for one in fields(cls)})

    @classmethod
    def schema(cls) -> dict[str, dict[str, Any]]:
        """JSON Schema of each option, with its default, by name."""
        return {one.name: {**one.metadata, "default": _to_json(one.default)} for one in fields(cls)}


@dataclass(frozen=True)
class TrainingOptions(Options):
    """Those of a student's training; see config.yaml for their meaning."""

    dagger_iterations: int = option(10, minimum=1, maximum=1000)
    episodes_per_iter: int = option(10, minimum=1, maximum=10000)
    train_steps_per_iter: int = option(2000, minimum=1, maximum=10000000)
    batch_size: int = option(64, minimum=1, maximum=65536)
    learning_rate: float = option(3e-4, exclusiveMinimum=0, maximum=1)
    hidden_dim: int = option(256, minimum=8, maximum=8192)
    network: str = option("nature", enum=["nature", "impala", "small"])
    frame_size: Sequence[int] = option(
        (80, 120),
        type="array",
        items={"type": "integer", "minimum": 32, "maximum": 1024},
        minItems=2,
        maxItems=2,
    )
    grayscale: bool = option(True)
    previous_action: bool = option(False)
    frame_stack: int = option(1, minimum=1, maximum=16)
    beta_schedule: str = option("first", enum=["first", "linear", "exponential"])
    dart_noise: float = option(0.2, minimum=0, maximum=0.9)
    early_stop: bool = option(True)

    @property
    def view(self) -> "View":
        """What the student sees."""
        from autodagger.student.view import View  # with numpy, which the rules do without

        height, width = self.frame_size
        return View((height, width), self.grayscale, self.previous_action, self.frame_stack)

    @property
    def of_an_iteration(self) -> Self:
        """Those that each iteration depends on; options that share them share iterations.

        How many iterations there are is none of them, but where the expert's share falls with it.
        """
        return self if self.beta_schedule == "linear" else replace(self, dagger_iterations=1)


def _to_json(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
