"""Intervals, paired tests and baselines: what makes a score say something.

Everything is exact or seeded, and nothing depends on the order of the items: the same answers give the same figures.
"""

from evaluator.statistics.confidence import CONFIDENCE
from evaluator.statistics.holm import holm
from evaluator.statistics.means import differences, means
from evaluator.statistics.pairing import Paired, mcnemar, paired, sign_flip, tango
from evaluator.statistics.passing import PassMark, pass_mark
from evaluator.statistics.power import POWER, items_needed, minimum_detectable_difference
from evaluator.statistics.resampling import FEW_CLUSTERS, FEW_EVENTS, RESAMPLES, SEED, bootstrap_ratio, design_effect
from evaluator.statistics.rules import Rule, chance, constant_letter, longest_option, rules
from evaluator.statistics.shares import Estimate, clopper_pearson, estimate, weighted, wilson
from evaluator.statistics.table import Answered, Compared, Table, beside, table

__all__ = [
    "CONFIDENCE",
    "FEW_CLUSTERS",
    "FEW_EVENTS",
    "POWER",
    "RESAMPLES",
    "SEED",
    "Answered",
    "Compared",
    "Estimate",
    "Paired",
    "PassMark",
    "Rule",
    "Table",
    "beside",
    "bootstrap_ratio",
    "chance",
    "clopper_pearson",
    "constant_letter",
    "design_effect",
    "differences",
    "estimate",
    "holm",
    "items_needed",
    "longest_option",
    "mcnemar",
    "means",
    "minimum_detectable_difference",
    "paired",
    "pass_mark",
    "rules",
    "sign_flip",
    "table",
    "tango",
    "weighted",
    "wilson",
]
