"""The options of training: one list of names, defaults and bounds."""

import dataclasses
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from autodagger.dagger.options import TrainingOptions
from autodagger.student.networks import TRUNKS
from autodagger.student.view import View

FIELDS = dataclasses.fields(TrainingOptions)


@pytest.mark.parametrize("option", FIELDS, ids=lambda option: option.name)
def test_schema_has_the_fields_default(option: dataclasses.Field[Any]) -> None:
    default = TrainingOptions.schema()[option.name]["default"]
    if isinstance(option.default, tuple):
        assert default == list(option.default)  # as JSON has it
    else:
        assert default == option.default
        assert type(default) is type(option.default)


@pytest.mark.parametrize("option", FIELDS, ids=lambda option: option.name)
def test_schema_takes_the_default_and_refuses_nonsense(option: dataclasses.Field[Any]) -> None:
    schema = TrainingOptions.schema()[option.name]
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(schema["default"])
    assert not validator.is_valid(None)
    assert not validator.is_valid("nonsense")
    assert not validator.is_valid(-1)


def test_schema_lists_the_options_in_their_order() -> None:
    assert list(TrainingOptions.schema()) == [option.name for option in FIELDS]


def test_every_network_can_be_chosen() -> None:
    assert sorted(TrainingOptions.schema()["network"]["enum"]) == sorted(TRUNKS)


@pytest.mark.parametrize("size", [[40, 60], (40, 60)])
def test_view_is_what_the_options_say(size: Any) -> None:
    options = TrainingOptions(frame_size=size, grayscale=False, previous_action=True, frame_stack=3)
    assert options.view == View((40, 60), grayscale=False, previous_action=True, frame_stack=3)
    assert hash(options.view) == hash(View((40, 60), False, True, 3))


def test_default_view_is_the_views_own() -> None:
    assert TrainingOptions().view == View()
