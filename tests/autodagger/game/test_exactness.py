"""Games that cannot be repeated are refused before the first job, with what was seen."""

from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.game import exactness, sample
from autodagger.game.sample import read_sample
from tests.envs import write_adapter
from tests.grid import GAME_DIR, ROM


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "autodagger" / "exact"


@pytest.mark.parametrize("folder", ["gba", "gym"])
def test_an_exact_game_is_tried_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    asked = []
    ask = sample._ask
    monkeypatch.setattr(sample, "_ask", lambda *args: asked.append(args) or ask(*args))
    game = (GAME_DIR, ROM) if folder == "gba" else (write_adapter(tmp_path), None)
    assert read_sample(*game) == read_sample(*game) is not None
    assert len(list(cache.iterdir())) == 1
    assert len(asked) == 2 + 1  # in two processes, and later for the state alone


def test_a_changed_adapter_is_tried_again(tmp_path: Path, cache: Path) -> None:
    for more in ("pass", "sticky = 0.1"):
        read_sample(write_adapter(tmp_path, more=more), None)
    assert len(list(cache.iterdir())) == 2


KEEPING = """sticky = 0.1
    def clone(self, env):
        return {clone}
    def restore(self, env, data):
        {restore}
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"env": "Unseeded"},
            r"Mine cannot be repeated: from where episodes begin, equal steps differ at step \d+: "
            r"x is \d+, before \d+\. Expected that equal seeds",
        ),
        (
            {"more": KEEPING.format(clone="b'x'", restore="pass")},
            r"Mine cannot be repeated: after a save state was loaded, equal steps differ at",
        ),
        (
            {"more": KEEPING.format(clone="str(id(env)).encode()", restore="pass")},
            r"cannot be repeated",
        ),
        ({"env": "Growing"}, r"the screen is \(2\d, 45, 3\) uint8; expected \(2\d, 45, 3\) uint8"),
    ],
)
def test_what_differs_is_named(
    tmp_path: Path, cache: Path, changes: dict[str, str], expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        read_sample(write_adapter(tmp_path, **changes), None)
    assert not cache.exists()


def test_another_processs_addresses_in_a_save_state_are_found(tmp_path: Path) -> None:
    """Within one process nothing differs."""
    clone = "f'{env.x} {id(type(env))} {env.np_random.bit_generator.state}'.encode()"
    restore = (
        "import ast; x, _, rng = data.decode().split(' ', 2); env.x = int(x); "
        "env.np_random.bit_generator.state = ast.literal_eval(rng)"
    )
    write_adapter(tmp_path, more=KEEPING.format(clone=clone, restore=restore))
    with pytest.raises(UserError, match="in another process equal steps gave other save states"):
        read_sample(tmp_path, None)


def test_a_state_that_is_no_json_later_on_is_found(tmp_path: Path) -> None:
    text = write_adapter(tmp_path).joinpath("adapter.py").read_text()
    (tmp_path / "adapter.py").write_text(
        text.replace('"x": env.x', '"x": env.x, "y": {1} if env.x == 8 else 0')
    )
    with pytest.raises(UserError, match=r"no JSON: y is '\{1\}' \(set\)"):
        read_sample(tmp_path, None)


def test_without_a_place_for_the_note_it_is_tried_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert read_sample(write_adapter(tmp_path), None) is not None
    assert exactness.STEPS == 50
