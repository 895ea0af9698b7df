"""What is done where the vintage in service is damaged: what is sound is served, and a job trains anew."""

from forecaster.cli import output, wiring
from forecaster.domain.errors import BrokenVintage, NothingPublished
from forecaster.settings import Settings

EXPERIMENT = "production"


def is_published(settings: Settings) -> bool:
    """Whether there is something to serve; where that is an earlier vintage, a job is queued that trains anew.

    Raises:
        JobsUnreachable: the jobs database does not answer.
    """
    store = wiring.vintages(settings)
    try:
        serving = store.current()
    except NothingPublished:
        return False
    except BrokenVintage as error:
        output.progress(f"{error} It is trained anew now.")
        return False
    broken = store.broken()
    if broken is not None:
        queued = train_anew(settings)
        output.progress(
            f"{broken.vintage_id} is damaged ({broken.what}). {serving.issue.vintage_id} is served; {queued}"
        )
    return True


def train_anew(settings: Settings) -> str:
    """Queue a job that trains everything, unless one is queued or running; what was done."""
    with wiring.jobs(settings) as jobs:
        met = jobs.join(EXPERIMENT)
    return f"job {met.job_id} trains anew." if met.joined else f"job {met.job_id} is queued, which trains anew."
