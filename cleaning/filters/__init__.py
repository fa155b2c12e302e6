"""One file a filter: a record in, a reason with its measure or nothing out; a filter never rewrites."""
