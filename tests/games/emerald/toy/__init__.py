"""A toy cartridge for Emerald's adapter: its game folder, see adapter.py."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def list_ids() -> list[str]:
    """Its milestones, in order."""
    text = (FOLDER / "milestone_config.json").read_text(encoding="utf-8")
    return [entry["id"] for entry in json.loads(text)["milestones"]]
