"""The workflow's own files agree with each other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, validate

from autodagger.files import read_json
from autodagger.results.board import _RULES
from autodagger.workflow.config import load_schema

ROOT = Path(__file__).parents[2]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
BLOCKS = re.findall(
    r"^(?:rule|checkpoint) (\w+):\n(.*?)(?=^\S|\Z)", RULES, re.MULTILINE | re.DOTALL
)


def test_conda_users_get_the_same_packages() -> None:
    lines = (ROOT / "envs" / "requirements.txt").read_text().splitlines()
    pins = [line.split()[0] for line in lines if "==" in line]
    environment = yaml.safe_load((ROOT / "envs" / "autodagger.yaml").read_text())
    assert environment["dependencies"][-1] == {"pip": pins}


def test_torch_is_the_version_asked_for() -> None:
    assert "torch==2.13.0" in (ROOT / "envs" / "requirements.txt").read_text()


@pytest.mark.parametrize(("name", "body"), BLOCKS)
def test_every_rule_has_what_a_rule_needs(name: str, body: str) -> None:
    for part in ("input", "output", "log", "benchmark", "conda", "message", "script"):
        assert re.search(rf"^    {part}:", body, re.MULTILINE), part
    assert f'RESULTS.log("{name}"' in body
    assert f'RESULTS.benchmark("{name}"' in body
    assert "sources=get_sources(" in body


@pytest.mark.parametrize(("name", "body"), BLOCKS)
def test_options_are_params_by_their_names(name: str, body: str) -> None:
    """Snakemake compares params as a set of texts: of two numbers one may change unseen."""
    params = re.search(r"^    params:\n(.*?)(?=^    \w)", body, re.MULTILINE | re.DOTALL)
    plain = re.findall(r'=config\["(\w+)"\]', params[1]) if params else []
    assert len(plain) < 2, "use get_options"


def test_the_board_knows_the_rules() -> None:
    assert set(_RULES.values()) <= {name for name, _ in BLOCKS}


def test_the_snakefile_is_short() -> None:
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 60


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.json")), ids=lambda p: p.name)
def test_schemas_are_schemas(path: Path) -> None:
    Draft202012Validator.check_schema(read_json(path))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "games").glob("*/milestone_config.json")), ids=lambda p: p.parent.name
)
def test_milestone_files_are_as_their_schema_says(path: Path) -> None:
    validate(read_json(path), load_schema("milestone_config"))


def test_snakemake_lints_clean() -> None:
    command = [sys.executable, "-m", "snakemake", "--lint"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_container_gets_nothing_that_git_leaves_out() -> None:
    """ROMs and results of yours, and a set-up that works here alone."""

    def read(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.strip("*/") for line in lines if line and not line.startswith("#")}

    assert read(".gitignore") - read(".containerignore") == set()


def test_the_containerfile_copies_what_is_there() -> None:
    copies = re.findall(r"^COPY (.+) \S+$", (ROOT / "Containerfile").read_text(), re.M)
    names = [name for line in copies for name in line.split()]
    assert "autodagger" in names
    assert [name for name in names if not (ROOT / name).exists()] == []
