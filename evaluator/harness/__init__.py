"""Our multiple-choice benchmarks as tasks of lm-evaluation-harness, and what it finds on them brought home.

`write` makes a folder that `lm_eval --include_path` reads; `take` makes rows of answers of what `lm_eval` wrote. So a
model that only it can run, such as one behind vLLM or an endpoint with log-probabilities, stands beside the others.
"""

from evaluator.harness.taken import Taken, take
from evaluator.harness.written import Written, write

__all__ = ["Taken", "Written", "take", "write"]
