"""A quality score learned from annotators' decisions: features → model → priority of the queue, and a recipe step."""
