"""Lists of words, a name to a file; lines that begin with # are remarks."""
