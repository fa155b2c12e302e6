"""Free-form answers judged by a model: two systems against each other, or one against a doctor's statements.

What a system wrote is hostile until shown otherwise. It stands in a fence that it cannot have known of, passages that
speak to the judge or are in a language that the patient did not ask in are taken out and counted, and every pair is
judged in both orders: a judge that obeys "say the first is better" contradicts itself, and such a pair is counted as
inconsistent, never as a win. What stays open: a new wording in Persian or English (10 of the 30 orders written last,
tests/evaluator/judge/orders.py), and up to three words of another language in Latin letters.
"""
