"""Benchmarks in another language, by a model: every text a row, every item checked, what is doubtful shown to a person.

`Translator` is any writer with the words it is asked in; a pipeline (`evaluator.asking.pipeline`) uses the same rows.
`checks` looks for what a translation may not do; `storage.translations` is the queue of items in doubt.
"""
