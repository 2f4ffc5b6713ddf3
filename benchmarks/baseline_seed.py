"""DAgger as the seed's defaults describe it, written plainly: what AutoDAgger is measured against.

One environment, one frame at a time through the network, float32 observations, a fixed number of
iterations, episodes and train steps, no early stop. Nothing here is made slow on purpose.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from autodagger.expert.expert import Expert
from autodagger.expert.jail import get_jail
from autodagger.game.env import GameEnv
from autodagger.rollout.episode import EpisodePlan, plan_episodes
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View
from benchmarks.common import Stopwatch, prepare
from benchmarks.training import PlainNetwork

ITERATIONS, EPISODES, TRAIN_STEPS = 10, 10, 2000
BATCH_SIZE, LEARNING_RATE, HIDDEN_DIM = 64, 3e-4, 256


class Baseline:
    """The whole procedure; `clock` runs from the first demonstration on."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.task, budget = prepare(Path(arguments["work"]), arguments["milestone"])
        self.view = View(tuple(arguments["frame_size"]), arguments["grayscale"])
        self.train_steps, self.episodes = arguments["train_steps"], arguments["episodes"]
        self.cap, self.target = arguments["cap_seconds"], arguments["target"]
        task = self.task
        self.env = GameEnv(task.game_dir, task.rom, task.milestone, budget.max_episode_steps)
        actions = self.env.game.actions
        self.expert = Expert(task.expert, task.tools, actions, get_jail().door)
        torch.manual_seed(0)
        args = NetworkArgs(arguments["network"], HIDDEN_DIM, self.view, actions)
        self.network = PlainNetwork(Student(args))
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=LEARNING_RATE)
        self.rng = np.random.default_rng(0)
        self.observations: list[np.ndarray] = []  # (C, H, W) float32 each
        self.labels: list[int] = []
        self.clock = Stopwatch()

    def run(self) -> dict[str, Any]:
        """Iterations until an evaluation, which does not count, reaches the target, or the cap."""
        iteration_seconds: list[float] = []
        successes: list[float] = []
        trained = 0
        for iteration in range(ITERATIONS):
            begin = self.clock.seconds
            for plan in self._plan(EPISODES, f"iteration{iteration}"):
                self._play(plan, follow_expert=iteration == 0, learn=True)
            steps = self._train()
            trained += steps
            if steps < self.train_steps:
                break
            iteration_seconds.append(self.clock.seconds - begin)
            with self.clock.paused():
                successes.append(self._evaluate())
            if successes[-1] >= self.target:
                break
        reached = bool(successes) and successes[-1] >= self.target
        return {
            "seconds": round(self.clock.seconds, 2),
            "reached": reached,
            "success_rate": successes[-1] if successes else None,
            "iterations": len(iteration_seconds),
            "samples_per_second": round(trained * BATCH_SIZE / max(1e-9, self.train_seconds), 1),
            "projected_full_seconds": round(self._project(iteration_seconds, trained), 1),
        }

    train_seconds = 0.0

    def _project(self, iteration_seconds: list[float], trained: int) -> float:
        """All iterations at the speed that was seen, since nothing stops this procedure early."""
        if iteration_seconds:
            return float(np.mean(iteration_seconds)) * ITERATIONS
        step_seconds = self.train_seconds / max(1, trained)
        played = self.clock.seconds - self.train_seconds
        return (played + step_seconds * self.train_steps) * ITERATIONS

    def _plan(self, episodes: int, purpose: str) -> list[EpisodePlan]:
        return plan_episodes(self.task, self.task.load_starts(), episodes, "baseline", purpose)

    def _play(self, plan: EpisodePlan, follow_expert: bool, learn: bool) -> bool:
        screen, info = self.env.reset(seed=plan.seed, options={"state": plan.start.data})
        self.expert.start_episode()
        done = False
        while not done:
            obs = self._observe(screen)
            label = self.expert.act(info["state"]) if learn or follow_expert else 0
            if learn:
                self.observations.append(obs)
                self.labels.append(label)
            action = label if follow_expert else self._act(obs)
            screen, _, terminated, truncated, info = self.env.step(action)
            done = terminated or truncated
        return bool(info["success"])

    def _observe(self, screen: np.ndarray) -> np.ndarray:
        pixels = self.view.see(screen)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32)

    @torch.no_grad()
    def _act(self, obs: np.ndarray) -> int:
        return int(self.network(torch.from_numpy(obs)[None]).argmax())

    def _train(self) -> int:
        begin = self.clock.seconds
        step = 0
        while step < self.train_steps and self.clock.seconds < self.cap:
            rows = self.rng.integers(len(self.labels), size=BATCH_SIZE)
            obs = torch.from_numpy(np.stack([self.observations[row] for row in rows]))
            labels = torch.tensor([self.labels[row] for row in rows])
            loss = functional.cross_entropy(self.network(obs), labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            step += 1
        self.train_seconds += self.clock.seconds - begin
        return step

    def _evaluate(self) -> float:
        plans = self._plan(self.episodes, "evaluation")
        return float(
            np.mean([self._play(plan, follow_expert=False, learn=False) for plan in plans])
        )


def main(**arguments: Any) -> dict[str, Any]:
    """For `run_child`; the arguments are those of `benchmarks.policies`."""
    return Baseline(arguments).run()
