"""Rows, blobs and immutable exports: the floor that every other package stands on."""
