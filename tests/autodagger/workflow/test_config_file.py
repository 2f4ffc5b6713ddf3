"""Config files: what is refused, by file and line, and what is read as it was written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.workflow.config_file import _main, get_config_file, read_config_file

DEEP = "a: " + "[" * 3000 + "]" * 3000
LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", "found no option in it"),
        (b"# nothing yet\n", "found no option in it"),
        (b"a: [1\nb: 2\n", "line 2: expected ',' or ']', but got ':'"),
        (b"a:\n\t- b\n", "line 2: found character '\\t' that cannot start any token"),
        (b"a: 1\n---\nb: 1\n", "line 2: but found another document"),
        (b"a: !!python/object/apply:os.system [ls]\n", "line 1: could not determine a constructor"),
        (b"- 1\n", "found list, no options by their names"),
        (b"seed: 010\n", "line 1: YAML reads 010 as 8; write a plain number, or put text"),
        (b"a: 1\nseed: 1:30\n", "line 2: YAML reads 1:30 as 90; write a plain"),
        (b"seed: 0x10\n", "line 1: YAML reads 0x10 as 16"),
        (b"rate: 1:30.5\n", "line 1: YAML reads 1:30.5 as 90.5"),
        (b"output_dir: 2024-01-02\n", "line 1: YAML reads 2024-01-02 as a date; write"),
        (b"seed: 1\nb: 2\nseed: 3\n", "line 3: 'seed' stands in line 1 already; leave one"),
        (b"1: 2\n", "line 1: '1' is no option's name, which is text"),
        (b"? [a]\n: 2\n", "line 1: "),
        (b"a: &a [*a]\n", "found more than 10,000 values, or values within themselves"),
        (LAUGHS.encode(), "found more than 10,000 values, or values within themselves"),
        (DEEP.encode(), "found values nested too deep, or within themselves"),
        ("seed: 1 # ü".encode("latin-1"), "found no UTF-8 text (byte 10 is 0xfc)"),
        ("seed: 1".encode("utf-16"), "found no UTF-8 text (byte 0 is 0xff)"),
        (b"a: \x07\n", "found it damaged (unacceptable character #x0007"),
    ],
)
def test_what_nobody_means_is_refused_by_its_line(tmp_path: Path, text: bytes, found: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(text)
    with pytest.raises(UserError) as refusal:
        read_config_file(path)
    assert str(refusal.value).startswith(f"config file {path}: {found}")
    assert "Expected YAML such as 'eval_episodes: 10': mend it there" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('skip_milestones: ["010", "1:30"]', {"skip_milestones": ["010", "1:30"]}),
        ("a: &n 10\nb: *n", {"a": 10, "b": 10}),
        ("a: 0\nb: -3\nc: 1_000\nd: 3.0e-4", {"a": 0, "b": -3, "c": 1000, "d": 3e-4}),
        ("\ufeffa: yes", {"a": True}),
        ('{"a": [1, 2]}', {"a": [1, 2]}),
    ],
)
def test_what_is_meant_is_read(tmp_path: Path, text: str, content: object) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert read_config_file(tmp_path / "mine.yaml") == content


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")]
)
def test_a_config_yaml_that_is_none_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert get_config_file("/home") == "/home/config.yaml"
    make(Path("config.yaml"))
    assert get_config_file("/home") == "config.yaml"
    assert get_config_file("/home", is_module=True) == "/home/config.yaml"
    with pytest.raises(UserError, match=r"^config file config\.yaml: "):
        read_config_file("config.yaml")


def test_the_command_line_finds_the_files_among_snakemakes_options(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("seed: 1")
    (tmp_path / "bad.yaml").write_text("seed: [")
    words = ["-n", "--configfile", f"{tmp_path}/good.yaml", "--config", "a=1"]
    _main(words)
    with pytest.raises(SystemExit, match=r"bad\.yaml: line 1: "):
        _main([*words, "--configfile", f"{tmp_path}/bad.yaml"])
