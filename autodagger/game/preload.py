"""What every worker needs that plays a cartridge: loaded once, in the process they are forked from.

It takes 0.1 s, which is more than a worker's own start.
"""

import stable_retro  # noqa: F401
