"""How often a clone of `clone.py` succeeds, in the very episodes of the student's test.

Runs in benchmarks/imitation/.venv, on the results of a run of Mossbrook with save_dataset: true:
`python -m benchmarks.imitation.cloning dagger_pipeline_results RIVAL_HOUSE`.
"""

import json
import os
import sys
import time

import numpy as np
import torch

from autodagger.files import read_object
from autodagger.game.env import GameEnv
from autodagger.game.milestone import load_milestones
from autodagger.results.layout import Results
from autodagger.rollout.episode import plan_episodes
from autodagger.task import Budget, Task
from benchmarks.common import GAME_DIR
from benchmarks.imitation.clone import clone, see


def measure(results: Results, milestone_id: str) -> dict[str, float]:
    """Clones the expert, then plays; beside it the success rate of the run's own student."""
    os.environ["MINARI_DATASETS_PATH"] = str(results.datasets(milestone_id).parent)
    torch.manual_seed(0)
    begin = time.perf_counter()
    policy = clone(f"{milestone_id}/demonstrations-v0")
    seconds = round(time.perf_counter() - begin, 1)
    policy.set_training_mode(False)
    tested = read_object(results.student_report(milestone_id))
    milestones = load_milestones(GAME_DIR / "milestone_config.json")
    milestone = next(one for one in milestones if one.id == milestone_id)
    before = milestone.predecessor
    states = results.test_states(before) if before else None
    rom = GAME_DIR / "mossbrook.gba"
    task = Task(GAME_DIR, rom, milestone, GAME_DIR / "nobody_is_asked.py", test_starts=states)
    steps = Budget.read(results.budget(milestone_id)).max_episode_steps
    env = GameEnv(GAME_DIR, rom, milestone, steps)
    count = len(tested["episodes"])
    plans = plan_episodes(task, task.load_test_starts(), count, "student_eval")
    successes = 0
    for plan in plans:
        screen, _ = env.reset(seed=plan.seed, options={"state": plan.start.data})
        ended = False
        while not ended:
            [act], _ = policy.predict(see(np.array(screen)[None]), deterministic=True)
            screen, _, terminated, truncated, info = env.step(act)
            ended = terminated or truncated
        successes += info["success"]
    env.close()
    student = tested["success_rate"]
    return {"clone": successes / count, "student": student, "episodes": count, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(measure(Results(sys.argv[1]), sys.argv[2])))
