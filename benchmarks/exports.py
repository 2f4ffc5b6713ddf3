"""Exported players beside `act`: size of the files, and buttons a second, of one core.

Players of chance, of the shipped config's view: their weights change no number. Every screen is a
new one, so the agent, which keeps what it has computed, computes each. onnxruntime is an optional
requirement (envs/requirements-export.txt): without it there is nothing to measure.
"""

import importlib.util
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import autodagger
from autodagger.agent.agent import save_agent
from autodagger.agent.network import AgentNetwork
from autodagger.game.contract import load_game
from autodagger.game.env import GameEnv
from autodagger.player.export import FORMATS, KEY, NEXT, export_policy
from autodagger.student.model_file import Origin, save_student
from autodagger.student.networks import TRUNKS, NetworkArgs, Student
from benchmarks.common import GAME_DIR, alternate, median, training_options

MILESTONES = 24
SCREENS, ROUNDS = 1000, 5


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each network, and one for the agent; a minute."""
    if not all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnxscript")):
        sys.exit("exports: pip install -r envs/requirements-export.txt brings what it measures.")
    torch.set_num_threads(1)
    work.mkdir(parents=True, exist_ok=True)
    screens = _play(10 if tiny else SCREENS)
    models = {name: _write_student(work, name) for name in ("small",) if tiny} or {
        name: _write_student(work, name) for name in TRUNKS
    }
    models["agent"] = _write_agent(work, 2 if tiny else MILESTONES)
    rounds = 1 if tiny else ROUNDS
    rows = [{"player": name, **_measure(path, screens, rounds)} for name, path in models.items()]
    return {"screens": len(screens), "milestones": MILESTONES, "rows": rows}


def _play(count: int) -> np.ndarray:
    """(count, H, W, 3) uint8 of the embedded game, one pixel of each changed so that none is twice.

    Chance presses the buttons.
    """
    env, rng = GameEnv(GAME_DIR), np.random.default_rng(0)
    env.reset(seed=0)
    screens = np.stack([env.step(int(rng.integers(8)))[0] for _ in range(count)])
    env.close()
    numbers = np.arange(count)
    screens[:, :8, :8, 0] = (numbers % 256)[:, None, None]
    screens[:, :8, 8:16, 0] = (numbers // 256 * 32)[:, None, None]
    return screens


def _make_args(network: str) -> NetworkArgs:
    options = replace(training_options(), network=network)
    actions = load_game(GAME_DIR).actions
    return NetworkArgs(options.network, options.hidden_dim, options.view, actions)


def _get_origin() -> Origin:
    return Origin(GAME_DIR.name, (160, 240))


def _write_student(work: Path, network: str) -> Path:
    torch.manual_seed(0)
    student = Student(_make_args(network))
    path = work / f"{network}.pth"
    path.write_bytes(
        save_student(
            student.state_dict(),
            student.args,
            milestone_id="NONE",
            digests={},
            scores={},
            origin=_get_origin(),
        )
    )
    return path


def _write_agent(work: Path, milestones: int) -> Path:
    torch.manual_seed(0)
    network = AgentNetwork(_make_args(training_options().network), milestones)
    path = work / "agent.pth"
    ids = [f"M{number}" for number in range(milestones)]
    path.write_bytes(save_agent(network, ids, {}, {}, _get_origin()))
    return path


def _measure(path: Path, screens: np.ndarray, rounds: int) -> dict[str, Any]:
    policy = autodagger.load(path)
    files = {kind: path.with_suffix(f".{kind}") for kind in FORMATS}
    for kind, file in files.items():
        export_policy(policy, file, kind)
    answers: dict[str, list[str]] = {}

    def time_act() -> float:
        policy = autodagger.load(path)  # knows no screen yet
        return _time(policy.act, screens, answers.setdefault("act", []))

    def time_onnx() -> float:
        return _time(_open_onnx(files["onnx"]), screens, answers.setdefault("onnx", []))

    speeds = alternate({"act": time_act, "onnxruntime": time_onnx}, rounds)
    pairs = list(zip(answers["act"], answers["onnx"], strict=True))
    return {
        "pth_bytes": path.stat().st_size,
        **{f"{kind}_bytes": file.stat().st_size for kind, file in files.items()},
        "act": median(speeds["act"]),
        "onnxruntime": median(speeds["onnxruntime"]),
        "equal": round(sum(one == other for one, other in pairs) / len(pairs), 4),
    }


def _time(act: Callable[[np.ndarray], str], screens: np.ndarray, answers: list[str]) -> float:
    """Buttons a second."""
    begin = time.perf_counter()
    answers += [act(screen) for screen in screens]
    return len(screens) / (time.perf_counter() - begin)


def _open_onnx(path: Path) -> Callable[[np.ndarray], str]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    told = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
    names = [output.name for output in session.get_outputs()]
    state = {
        name: np.full(one["shape"], one["start"], one["dtype"])
        for name, one in told["state"].items()
    }

    def act(screen: np.ndarray) -> str:
        found = dict(zip(names, session.run(None, {"screen": screen, **state}), strict=True))
        state.update({name: found[f"{NEXT}{name}"] for name in state})
        return str(told["actions"][int(found["action"])])

    return act
