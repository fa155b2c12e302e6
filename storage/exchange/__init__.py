"""Decisions as files: out to and in from JSON Lines, CSV, Argilla's records and Label Studio's tasks.

Every format is a module with `write`, from `Row`s to pieces of a file, and `read`, from a file's text to `Line`s.
`leaving` says which rows go out, `entering` what becomes of those that come in.
"""
