"""Imported by the process that a run's processes are forked from: it has the models, and dies with who started it."""

import gc
import os

from statsforecast import models  # noqa: F401  # 3 s of CPU, for all that are forked
from statsmodels.tsa import seasonal  # noqa: F401  # the same

from forecaster.adapters import statsforecast_fits  # noqa: F401  # the same
from forecaster.adapters.forked import seldom_collected
from forecaster.adapters.tether import die_with_parent

die_with_parent(os.getppid())
seldom_collected()
gc.freeze()  # what is imported stays: no fork looks through it, and copies its memory by that
