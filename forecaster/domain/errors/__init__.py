"""Every error that the product raises on purpose.

```
ForecasterError
├── BadInput                 the caller can mend it: exit code 2, HTTP 4xx
│   ├── UnknownSeries
│   ├── NotDeclared          the vintage has it, the catalogue no longer
│   ├── UnknownName          of a sector, measure, region, segment or source
│   ├── NoForecast           a known series without one, and why
│   ├── UnknownVintage
│   ├── UnknownCursor        no list goes on there
│   ├── NoVintageThen        none of those kept was in service at an instant
│   ├── UnknownModel         no kept vintage has this id or model version
│   ├── NothingToRollBackTo
│   ├── ServiceMoved         another vintage went into service meanwhile
│   ├── UnknownSchedule
│   ├── UnknownExperiment
│   ├── UnknownKey
│   ├── KeyNeeded            no key, or none that is known: HTTP 401
│   ├── ScopeMissing         a key that may not do this: HTTP 403
│   ├── BodyTooLarge         HTTP 413
│   ├── BodyTooSlow          HTTP 408
│   ├── UnknownJob
│   ├── UnknownAlert
│   ├── JobEnded             it can't be cancelled any more
│   ├── ScheduleExists
│   ├── KeyReused            an Idempotency-Key that began another job
│   ├── UnknownRun           of MLflow
│   ├── NoRunYet             of an experiment
│   ├── NotReproducible      a run whose record lacks what running it again needs
│   ├── HorizonTooLong
│   ├── QuantileNotStored
│   ├── BadCatalogue
│   ├── BadExperiment
│   ├── BadSetting
│   ├── BadParameter
│   ├── FormatNotOffered
│   ├── MediaNotRead         a body of a kind that is not read here: HTTP 415
│   ├── BadReportFile
│   ├── BadPanel
│   ├── RefusedRelease
│   └── ServiceRefused       a service asked over HTTP says what to mend
├── NothingPublished         no vintage is in service yet: HTTP 503
├── BrokenVintage            a vintage's files are not what its manifest says
├── NothingToForecast        no series has enough data
├── JobsUnreachable          the jobs database does not answer: HTTP 503
├── AlertsUnreachable        the database of alerts does not answer: HTTP 503
├── BadKeyFile               the keys can't be read, so nobody is let in
├── AliasNotMoved            a run's outcome stands, but the run log does not show it
├── MlflowFault              MLflow can't be reached, or fails
├── NotRecorded              MLflow does not take the record of a run that waited for it
├── StoreConflict            another writer kept winning
├── PartNotInstalled        this installation lacks what an address needs: HTTP 501
├── IntakeFailed            what takes releases in broke down
├── StoreVersionGone         the report store can no longer be read as it was
├── PlaceUnusable            a folder can't be read or written: rights, room, a file in its way
├── ServiceUnavailable       a service asked over HTTP failed, or is not there
├── HomeInUse                another process serves from the same folder
├── WorkerNameInUse          another worker of this name takes jobs from the same database
├── PortInUse                another program listens there
├── PartDied                 one of the processes of `sectorcast up` ended
└── JobFailed                a run that a job carried out did not end well
```
Each carries its facts as attributes; its text says what is wrong, where, and what to do.
"""

from forecaster.domain.errors.base import (
    BadInput,
    ForecasterError,
)
from forecaster.domain.errors.files import (
    BadCatalogue,
    BadExperiment,
    BadPanel,
    BadReportFile,
    BadSetting,
    LineProblem,
    RefusedRelease,
)
from forecaster.domain.errors.machine import (
    BadKeyFile,
    HomeInUse,
    PartDied,
    PlaceUnusable,
    PortInUse,
    StoreConflict,
    StoreVersionGone,
    WorkerNameInUse,
)
from forecaster.domain.errors.names import (
    NoForecast,
    NoRunYet,
    NotDeclared,
    NoVintageThen,
    UnknownAlert,
    UnknownCursor,
    UnknownExperiment,
    UnknownJob,
    UnknownKey,
    UnknownModel,
    UnknownName,
    UnknownRun,
    UnknownSchedule,
    UnknownSeries,
    UnknownVintage,
)
from forecaster.domain.errors.requests import (
    BadParameter,
    BodyTooLarge,
    BodyTooSlow,
    FormatNotOffered,
    HorizonTooLong,
    JobEnded,
    KeyNeeded,
    KeyReused,
    MediaNotRead,
    NothingToRollBackTo,
    NotReproducible,
    QuantileNotStored,
    ScheduleExists,
    ScopeMissing,
    ServiceMoved,
    ServiceRefused,
)
from forecaster.domain.errors.service import (
    AlertsUnreachable,
    AliasNotMoved,
    BrokenVintage,
    IntakeFailed,
    JobFailed,
    JobsUnreachable,
    MlflowFault,
    NothingPublished,
    NothingToForecast,
    NotRecorded,
    PartNotInstalled,
    ServiceUnavailable,
)

__all__ = [
    "AlertsUnreachable",
    "AliasNotMoved",
    "BadCatalogue",
    "BadExperiment",
    "BadInput",
    "BadKeyFile",
    "BadPanel",
    "BadParameter",
    "BadReportFile",
    "BadSetting",
    "BodyTooLarge",
    "BodyTooSlow",
    "BrokenVintage",
    "ForecasterError",
    "FormatNotOffered",
    "HomeInUse",
    "HorizonTooLong",
    "IntakeFailed",
    "JobEnded",
    "JobFailed",
    "JobsUnreachable",
    "KeyNeeded",
    "KeyReused",
    "LineProblem",
    "MediaNotRead",
    "MlflowFault",
    "NoForecast",
    "NoRunYet",
    "NoVintageThen",
    "NotDeclared",
    "NotRecorded",
    "NotReproducible",
    "NothingPublished",
    "NothingToForecast",
    "NothingToRollBackTo",
    "PartDied",
    "PartNotInstalled",
    "PlaceUnusable",
    "PortInUse",
    "QuantileNotStored",
    "RefusedRelease",
    "ScheduleExists",
    "ScopeMissing",
    "ServiceMoved",
    "ServiceRefused",
    "ServiceUnavailable",
    "StoreConflict",
    "StoreVersionGone",
    "UnknownAlert",
    "UnknownCursor",
    "UnknownExperiment",
    "UnknownJob",
    "UnknownKey",
    "UnknownModel",
    "UnknownName",
    "UnknownRun",
    "UnknownSchedule",
    "UnknownSeries",
    "UnknownVintage",
    "WorkerNameInUse",
]
