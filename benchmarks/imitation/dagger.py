"""DAgger of `imitation` 1.0.1 on the same game, expert, frames and network; its own defaults else.

Runs in benchmarks/imitation/.venv (see requirements.txt there): `imitation` needs versions of other
packages that AutoDAgger does not.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from imitation.algorithms.bc import BC
from imitation.algorithms.dagger import SimpleDAggerTrainer
from imitation.data.wrappers import RolloutInfoWrapper
from imitation.policies.base import NonTrainablePolicy
from imitation.util import logger
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import SubprocVecEnv, VecEnv
from torch import Tensor, nn

from autodagger.expert.expert import Expert
from autodagger.expert.jail import get_jail
from autodagger.game.env import GameEnv
from autodagger.rollout.episode import plan_episodes
from autodagger.student.networks import TRUNKS
from autodagger.student.view import View
from autodagger.task import Budget, Task
from benchmarks.common import Stopwatch, prepare

HIDDEN_DIM, BATCH_SIZE, LEARNING_RATE = 256, 64, 3e-4
NUM_ENVS = 4
LONGEST_TRAINING_ROUNDS = 100


class PixelEnv(gymnasium.Env):
    """The game as `imitation` wants it: (C, H, W) uint8, and the expert's answer on request."""

    def __init__(self, task: Task, budget: Budget, view: View, number: int) -> None:
        self._env = GameEnv(task.game_dir, task.rom, task.milestone, budget.max_episode_steps)
        self._expert = Expert(task.expert, task.tools, self._env.game.actions, get_jail().door)
        self._task, self._view = task, view
        self.start(1000, f"training{number}")
        height, width, channels = view.shape
        self.observation_space = gymnasium.spaces.Box(0, 255, (channels, height, width), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self._env.game.actions))

    def start(self, episodes: int, purpose: str) -> None:
        """The episodes that the next resets begin, after the last of them from the first again."""
        starts = self._task.load_starts()
        self._plans = plan_episodes(self._task, starts, episodes, "baseline", purpose)
        self._next = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        """Begins the next planned episode."""
        plan = self._plans[self._next % len(self._plans)]
        self._next += 1
        screen, info = self._env.reset(seed=plan.seed, options={"state": plan.start.data})
        self._expert.start_episode()
        self._state = info["state"]
        return self._observe(screen), {"success": False}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """One action."""
        screen, reward, terminated, truncated, info = self._env.step(action)
        self._state = info["state"]
        found = {"success": info["success"]}
        return self._observe(screen), reward, terminated, truncated, found

    def expert_action(self) -> int:
        """What the expert does now."""
        return self._expert.act(self._state)

    def _observe(self, screen: np.ndarray) -> np.ndarray:
        return self._view.see(screen).transpose(2, 0, 1).copy()


class ExpertPolicy(NonTrainablePolicy):
    """Asks the environments for their expert's answers."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv.observation_space, venv.action_space)
        self._venv = venv

    def _predict(self, obs: Tensor, deterministic: bool = False) -> Tensor:
        return torch.tensor(self._venv.env_method("expert_action"))

    def _choose_action(self, obs: Any) -> int:
        raise NotImplementedError


class Trunk(BaseFeaturesExtractor):
    """AutoDAgger's convolutions by name."""

    def __init__(self, space: gymnasium.spaces.Box, network: str) -> None:
        trunk = nn.Sequential(TRUNKS[network](space.shape[0]), nn.Flatten())
        with torch.no_grad():
            width = trunk(torch.zeros(1, *space.shape)).shape[1]
        super().__init__(space, width)
        self._trunk = trunk

    def forward(self, obs: Tensor) -> Tensor:
        """Features (N, width)."""
        return self._trunk(obs)


def main(**arguments: Any) -> dict[str, Any]:
    """Rounds until an evaluation, which does not count, reaches the target, or the cap is hit."""
    task, budget = prepare(Path(arguments["work"]), arguments["milestone"])
    view = View(tuple(arguments["frame_size"]), arguments["grayscale"])
    torch.manual_seed(0)
    makers = [
        lambda k=k: RolloutInfoWrapper(PixelEnv(task, budget, view, k)) for k in range(NUM_ENVS)
    ]
    venv = SubprocVecEnv(makers, start_method="forkserver")
    venv.reset()
    clock = Stopwatch()  # starting the environments' processes does not count
    with tempfile.TemporaryDirectory() as folder:
        trainer = _make_trainer(venv, arguments["network"], folder)
        success, rounds = 0.0, 0
        while success < arguments["target"] and rounds < LONGEST_TRAINING_ROUNDS:
            if clock.seconds >= arguments["cap_seconds"]:
                break
            trainer.train(1)  # at least one time step: one round
            rounds += 1
            with clock.paused():
                success = _evaluate(venv, trainer.policy, arguments["episodes"])
    seconds = clock.seconds
    venv.close()
    return {
        "seconds": round(seconds, 2),
        "reached": success >= arguments["target"],
        "success_rate": success,
        "iterations": rounds,
    }


def _make_trainer(venv: VecEnv, network: str, folder: str) -> SimpleDAggerTrainer:
    rng = np.random.default_rng(0)
    policy = ActorCriticPolicy(
        venv.observation_space,
        venv.action_space,
        lambda _progress: LEARNING_RATE,
        net_arch={"pi": [HIDDEN_DIM], "vf": [HIDDEN_DIM]},
        activation_fn=nn.ReLU,
        features_extractor_class=Trunk,
        features_extractor_kwargs={"network": network},
    )
    quiet = logger.configure(folder, ["log"])
    bc = BC(
        observation_space=venv.observation_space,
        action_space=venv.action_space,
        rng=rng,
        policy=policy,
        batch_size=BATCH_SIZE,
        optimizer_kwargs={"lr": LEARNING_RATE},
        custom_logger=quiet,
    )
    return SimpleDAggerTrainer(
        venv=venv,
        scratch_dir=folder,
        expert_policy=ExpertPolicy(venv),
        bc_trainer=bc,
        rng=rng,
        custom_logger=quiet,
    )


def _evaluate(venv: VecEnv, policy: ActorCriticPolicy, episodes: int) -> float:
    """Success over the same fresh episodes as everybody's, played in the first environment."""
    venv.env_method("start", episodes, "evaluation")
    obs = venv.reset()
    needed, results = episodes, []
    # Every environment plays the same list; the first environment's results are the list's.
    while len(results) < needed:
        acts, _ = policy.predict(obs, deterministic=True)
        obs, _, dones, infos = venv.step(acts)
        if dones[0]:
            results.append(infos[0]["success"])
    for number in range(NUM_ENVS):
        venv.env_method("start", 1000, f"training{number}.{len(results)}", indices=[number])
    return float(np.mean(results))


if __name__ == "__main__":
    sys.exit("run by benchmarks/policies.py")
