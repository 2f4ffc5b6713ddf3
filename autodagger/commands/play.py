"""`autodagger play`: let a trained model play its game, and watch it."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autodagger.commands.common import HOME, MODEL_HELP, parse_count, parse_seed
from autodagger.errors import UserError, show, suggest
from autodagger.files import exists
from autodagger.game.contract import check_rom, load_game
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.starts import POWER_ON, StartState, load_start_states
from autodagger.player.live import Closed, Live, Pace, Terminal, open_live
from autodagger.player.playing import Goal, Played, Table, describe, plan_play, summarize
from autodagger.player.policy import Policy, load
from autodagger.results.layout import Results
from autodagger.results.video import Recorder, VideoStyle
from autodagger.task import Budget
from autodagger.workflow.config import load_config
from autodagger.workflow.config_file import get_config_file, read_config
from autodagger.workflow.paths import locate, locate_game

EPISODES = 10
"""Where nobody watches, and none are asked for; else one."""

_STYLE = VideoStyle(fps=30.0)


@dataclass(frozen=True)
class Setting:
    """Where a model plays.

    Attributes:
        game_dir: The game's folder.
        rom: ROM file; None for a game without one.
        milestones: The game's, by id.
        state_dir: Where the user may have put save states.
    """

    game_dir: Path
    rom: Path | None
    milestones: dict[str, Milestone]
    state_dir: Path


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `play`."""
    command.add_argument("model", type=Path, metavar="MODEL", help=MODEL_HELP)
    command.add_argument(
        "--episodes",
        type=parse_count,
        metavar="N",
        help=f"{EPISODES} if not said, and 1 with --watch or --video",
    )
    command.add_argument(
        "--start",
        metavar="FILE",
        help="save state, or zip of them, to begin from; or power-on. If not said, a student "
        "begins where its milestone's tests do, and the agent at power-on",
    )
    command.add_argument("--watch", action="store_true", help="in a window, or in this terminal")
    command.add_argument("--video", type=Path, metavar="FILE", help="write an .mp4 of it")
    command.add_argument(
        "--seed", type=parse_seed, default=0, metavar="N", help="of the game's chance (0)"
    )
    command.add_argument(
        "--game", metavar="GAME", help="a folder of games/, or a path; the model's own if not said"
    )
    command.add_argument(
        "--rom", type=Path, metavar="FILE", help="the game's ROM, if it lies elsewhere"
    )


def run(options: argparse.Namespace) -> str:
    """Does it, telling of each episode as it ends; returns the last lines."""
    if options.video and options.video.suffix != ".mp4":
        raise UserError(f"--video: found {options.video}; expected a name that ends with .mp4.")
    policy = load(options.model)
    setting = _find_setting(policy, options.game, options.rom)
    goal = _find_goal(policy, setting, options.model)
    starts = _find_starts(policy, setting, options.model, options.start)
    count = options.episodes or (1 if options.watch or options.video else EPISODES)
    plans = plan_play(starts, count, options.seed)
    with Table(policy, setting.game_dir, setting.rom, goal) as table:
        lines = list(_play(table, plans, goal, options))
    video = [f"wrote {options.video}"] if options.video else []
    return "\n".join([*lines, *video])


def _play(
    table: Table, plans: Sequence[Any], goal: Goal, options: argparse.Namespace
) -> Iterator[str]:
    """Plays all, or until somebody has seen enough; yields what is still to be said."""
    played: list[Played] = []
    with ExitStack() as stack, suppress(Closed, KeyboardInterrupt):
        live = stack.enter_context(open_live()) if options.watch else None
        recorder = None
        if options.video:
            options.video.parent.mkdir(parents=True, exist_ok=True)
            recorder = stack.enter_context(Recorder(table.env, options.video, _STYLE))
        with _showing(table, recorder, live) as on_step:
            for number, plan in enumerate(plans, 1):
                table.begin(plan)
                played.append(table.play(number, on_step))
                if not isinstance(live, Terminal):  # where nobody would see it
                    print(describe(played[-1], goal), flush=True)
    if isinstance(live, Terminal):
        yield from (describe(one, goal) for one in played)
    yield summarize(played)


@contextmanager
def _showing(table: Table, recorder: Recorder | None, live: Live | None) -> Iterator[Any]:
    """Has each frame recorded and shown; gives what is to be told of each step."""
    pace = Pace(table.env.simulator.frames_per_second)
    text = ""

    def on_step(button: str, milestone: str) -> None:
        nonlocal text
        text = f"{milestone}  {button}"
        if recorder:
            recorder.set_caption(button, belief=milestone)

    def on_frame() -> None:
        if recorder:
            recorder.take()
        if live and pace.is_due():
            live.show(table.env.simulator.screen(), text)

    table.env.set_on_frame(on_frame if recorder or live else None)
    yield on_step


def _find_setting(policy: Policy, game: str | None, rom: Path | None) -> Setting:
    """The game that is named, else the model's own, else that of config.yaml."""
    config_file = get_config_file(HOME)
    config, _ = read_config((), (), HOME) if exists(config_file) else ({}, [])
    options = load_config(config)
    game = game or _find_own_game(policy) or (options["game"] if config else None)
    if game is None:
        raise UserError(
            "play: the model does not say which game it is of, and there is no config.yaml here. "
            "Name the game's folder with --game."
        )
    game_dir = locate_game(game, HOME)
    if not config or locate_game(options["game"], HOME).resolve() != game_dir.resolve():
        options = load_config({"game": str(game_dir.absolute())})
    if rom:
        options["rom_path"] = str(rom)
    game_dir = locate(options, HOME)
    adapter = load_game(game_dir)
    rom = Path(options["rom_path"]) if options["rom_path"] else adapter.find_rom(game_dir)
    check_rom(adapter, rom)
    listed = load_milestones(Path(options["milestone_config"]), adapter.done_when)
    milestones = {milestone.id: milestone for milestone in listed}
    return Setting(game_dir, rom, milestones, Path(options["state_dir"]))


def _find_own_game(policy: Policy) -> str | None:
    """The name of the model's game, where a game of that name is at hand."""
    if policy.origin is None:
        return None
    with suppress(UserError):
        locate_game(policy.origin.game, HOME)
        return policy.origin.game
    raise UserError(
        f"play: the model is of the game {show(policy.origin.game)}, which is not in games/ here. "
        "Name its folder with --game."
    )


def _find_goal(policy: Policy, setting: Setting, model: Path) -> Goal:
    """The model's milestones with the steps that tests give them."""
    for name in policy.milestones:
        if name not in setting.milestones:
            raise UserError(
                f"model {model}: it is of milestone {show(name)}, which the game "
                f"{setting.game_dir} does not have{suggest(name, setting.milestones)}. Name the "
                "model's own game with --game."
            )
    milestones = [setting.milestones[name] for name in policy.milestones]
    limits = [milestone.max_steps for milestone in milestones]
    budget = _get_results(model).budget(policy.milestones[0])
    if len(milestones) == 1 and exists(budget):
        limits = [Budget.read(budget).max_episode_steps]
    return Goal(milestones, limits)


def _find_starts(
    policy: Policy, setting: Setting, model: Path, asked: str | None
) -> list[StartState]:
    """Where episodes begin: what is asked for, else where the model's tests do."""
    previous = setting.milestones[policy.milestones[0]].predecessor
    if asked == POWER_ON.name or (asked is None and previous is None):
        return [POWER_ON]
    if asked is not None:
        return _load_starts(Path(asked))
    results = _get_results(model)
    own = setting.state_dir / f"{previous}_completed.state"
    for path in (own, results.test_states(str(previous)), results.states(str(previous))):
        if exists(path):
            return _load_starts(path)
    raise UserError(
        f"model {model}: its milestone {policy.milestones[0]} begins where {previous} ends, and "
        f"there is no {results.test_states(str(previous))}. Name a save state with --start FILE, "
        "or begin with --start power-on."
    )


def _load_starts(path: Path) -> list[StartState]:
    starts = load_start_states(path)
    if not starts:
        raise UserError(f"{path}: no start state is in it. Name another one with --start.")
    return [replace(one, name=Path(one.name).name) for one in starts]


def _get_results(model: Path) -> Results:
    """Those that a student's file lies among."""
    return Results(model.absolute().parent.parent.parent)
