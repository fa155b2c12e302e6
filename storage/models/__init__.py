"""The tables. Read this first: everything else in the project reads or writes these rows.

    Source ─< Address ─> Page ─< Capture              each URL's state; each visit's record in the raw archive
              Page ─< Document ─< Measurement         what cleaning measures of it, before any threshold
                          ├──────< Verdict            one verdict a recipe version
                          ├──────< Review >─ User     a person's decision outranks a verdict
                          ├─────── Claim              who has it open for review, until when
                          ├──────< SetAside           who skipped or flagged it
                          ├─────── Gold               its right decision, where it is a question with a known answer
                          └─────── SearchText         its texts as searches compare them
    BulkAction ─< Review                              one decision about all that a filter found
    Training, RoomSettings                            who passed the guide's round; what leads set for the room
    Snapshot ─< Run ─< Answer, Score                  from a score back to the pages it came from
    Schedule, Job                                     which evaluations are asked for by themselves, and when
    Acceptance, Alarm                                 the model others are held against, and what they lost
    Forgotten, ForgottenRow, Erasure                  what must not come back, and where it still stands
    Translation                                       a benchmark's item in another language that a person must look at
    User ─< RecoveryCode                              what stands for a lost second factor, once
    AuditEvent                                        who did what, append-only

Names: a *document* is one article or one question-answer pair; a *page* is one stored response; an *address* is a URL
that the crawl knows, fetched or not.
Every time is UTC with its zone; every sha256 is 64 lower-case hex digits.
"""

from storage.models.base import NAMESPACE, AddressState, Base, Decision, Kind, Outcome, State
from storage.models.cleaning import Measurement, Model, Recipe, Verdict
from storage.models.crawl import Address, AddressLinks, Capture, Page, Source, Takedown
from storage.models.documents import Document
from storage.models.exports import Answer, Run, Score, Snapshot
from storage.models.forgotten import Erasure, Forgotten, ForgottenRow
from storage.models.people import AuditEvent, RecoveryCode, User
from storage.models.reviewing import (
    AsideKind,
    BulkAction,
    Claim,
    Gold,
    Purpose,
    Review,
    RoomSettings,
    SetAside,
    Training,
)
from storage.models.scheduled import Acceptance, Alarm, Job, JobState, Schedule
from storage.models.searching import SearchText
from storage.models.translated import Translation

__all__ = [
    "NAMESPACE",
    "Acceptance",
    "Address",
    "AddressLinks",
    "AddressState",
    "Alarm",
    "Answer",
    "AsideKind",
    "AuditEvent",
    "Base",
    "BulkAction",
    "Capture",
    "Claim",
    "Decision",
    "Document",
    "Erasure",
    "Forgotten",
    "ForgottenRow",
    "Gold",
    "Job",
    "JobState",
    "Kind",
    "Measurement",
    "Model",
    "Outcome",
    "Page",
    "Purpose",
    "Recipe",
    "RecoveryCode",
    "Review",
    "RoomSettings",
    "Run",
    "Schedule",
    "Score",
    "SearchText",
    "SetAside",
    "Snapshot",
    "Source",
    "State",
    "Takedown",
    "Training",
    "Translation",
    "User",
    "Verdict",
]
