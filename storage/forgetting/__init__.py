"""Forgetting a record: out of every table, the archive and the queue, for good; see `forget`."""
