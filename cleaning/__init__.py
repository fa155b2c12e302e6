"""Documents in, verdicts out. A recipe (YAML) names ordered steps; every drop keeps its reason and its measure.

    recipe.load → run.clean: judge.judge (transforms/, filters/) → corpus.CorpusPass (duplicates) → storage.verdicts

A new step is one file in `transforms/` or `filters/`; `cleaning.steps` tells what it looks like.
"""
