"""The student's network."""

import numpy as np
import pytest
import torch

from autodagger.student.networks import TRUNKS
from tests.autodagger.student.helpers import answer, make_obs, make_student
from tests.grid import ACTIONS


@pytest.mark.parametrize("grayscale", [True, False])
@pytest.mark.parametrize("size", [(80, 120), (40, 60), (84, 84), (160, 240)])
@pytest.mark.parametrize("network", TRUNKS)
def test_every_network_takes_every_frame_size(
    network: str, size: tuple[int, int], grayscale: bool
) -> None:
    student = make_student(network=network, frame_size=size, grayscale=grayscale)
    obs = make_obs(3, student.args.view)
    assert obs.shape == (3, *size, 1 if grayscale else 3)
    result = answer(student, obs)
    assert result.shape == (3, len(ACTIONS))
    assert bool(torch.isfinite(result).all())


@pytest.mark.parametrize("actions", [("no_op", "jump", "duck"), ACTIONS])
def test_every_action_has_its_logit(actions: tuple[str, ...]) -> None:
    student = make_student(actions=actions, previous_action=True)
    obs = make_obs(2, student.args.view)
    assert answer(student, obs, len(actions) - 1).shape == (2, len(actions))


@pytest.mark.parametrize("previous_action", [True, False])
def test_previous_action_counts_only_where_configured(previous_action: bool) -> None:
    student = make_student(previous_action=previous_action)
    obs = make_obs(4, student.args.view)
    same = torch.equal(answer(student, obs, 0), answer(student, obs, 5))
    assert same != previous_action


def test_rows_and_columns_are_not_mixed_up() -> None:
    """A bright spot moves the answer by where it is, not by its index in memory."""
    student = make_student(frame_size=(36, 36))
    obs = make_obs(1, student.args.view)
    turned = np.ascontiguousarray(obs.transpose(0, 2, 1, 3))
    assert not torch.equal(answer(student, obs), answer(student, turned))


@pytest.mark.parametrize("grayscale", [True, False])
@pytest.mark.parametrize("size", [(80, 120), (50, 70), (85, 91)])
@pytest.mark.parametrize("network", TRUNKS)
def test_first_layer_over_blocks_is_the_layer_itself(
    network: str, size: tuple[int, int], grayscale: bool
) -> None:
    """Of sizes, too, that are no multiple of the stride."""
    student = make_student(network=network, frame_size=size, grayscale=grayscale)
    obs = make_obs(2, student.args.view)
    student.center_on(make_obs(9, student.args.view, seed=1))
    x = (torch.from_numpy(obs).float() - student.center) / student.scale
    with torch.inference_mode():
        features = student.trunk(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1)
        expected = student.head(student.hidden(features).relu())
    assert torch.allclose(answer(student, obs), expected, rtol=1e-4, atol=1e-4)
