"""Documents in, verdicts out: recipes of transforms and filters, every drop with its reason."""
