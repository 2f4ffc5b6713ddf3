"""Clones a milestone's expert from its dataset with `imitation`'s BC; knows nothing of AutoDAgger.

python clone.py DATASETS DATASET POLICY, such as `dagger_pipeline_results/datasets
RIVAL_HOUSE/demonstrations-v0 policy.zip`.
"""

import os
import sys

import minari
import numpy as np
from gymnasium.spaces import Box
from imitation.algorithms.bc import BC
from imitation.data.types import Transitions
from stable_baselines3.common.policies import ActorCriticCnnPolicy

EPOCHS = 20


def see(screens: np.ndarray) -> np.ndarray:
    """Every second pixel, channels first: (N, H, W, 3) to (N, 3, H / 2, W / 2), uint8."""
    return screens[:, ::2, ::2].transpose(0, 3, 1, 2)


def clone(name: str) -> ActorCriticCnnPolicy:
    """Learns what the expert says, from all steps of a dataset, also where chance acted."""
    dataset = minari.load_dataset(name)
    episodes = list(dataset)
    obs = np.concatenate([see(one.observations[:-1]) for one in episodes])
    acts = np.concatenate([one.infos["expert_action"][:-1] for one in episodes])
    known = acts >= 0  # the expert had an answer
    obs, acts = obs[known], acts[known]
    space = Box(0, 255, obs.shape[1:], np.uint8)
    nothing = np.zeros(len(acts), bool), np.array([{}] * len(acts))
    transitions = Transitions(obs, acts, nothing[1], obs, nothing[0])
    policy = ActorCriticCnnPolicy(space, dataset.action_space, lambda _: 3e-4)
    bc = BC(
        observation_space=space,
        action_space=dataset.action_space,
        rng=np.random.default_rng(0),
        policy=policy,
        demonstrations=transitions,
        batch_size=64,
    )
    bc.train(n_epochs=EPOCHS)
    return policy


if __name__ == "__main__":
    os.environ["MINARI_DATASETS_PATH"] = sys.argv[1]
    clone(sys.argv[2]).save(sys.argv[3])
