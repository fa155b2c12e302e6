"""One file a benchmark; being in this folder registers it under the file's name, `_` read as `-`."""
