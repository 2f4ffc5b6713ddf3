"""Imported by the process from which all workers are forked, and by no other.

It loads once what every worker needs. And it dies with the program that started it, and with it
its workers: multiprocessing alone ends this process only after the last worker, which, hanging in
an expert's C code, may never look whether anyone is still there.
"""

import autodagger.game.env
import autodagger.game.preload
import autodagger.rollout.worker  # noqa: F401
from autodagger.processes import die_with_parent

die_with_parent()
