"""Why a student falls short of its expert: from what was recorded, played again frame for frame."""
