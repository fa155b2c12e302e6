"""The review room's storage: who is given what, what they decide, and which decision counts.

    queue.claim          the next records under a lease, `renew` and `release` them; `filters.Filters` narrows them
    showing.shown_to     what one person sees of a record, with the token their decision names
    decisions.decide     stores one decision, `undo` takes it back; `bring` takes one made
                         elsewhere; `overlap` says which are blind, `facts` reads what one depends on
    aside                skip and flag
    gold, training       questions with a known answer; the guide's round before the first real record
    bulk, assign         what leads do to all that a filter finds
    agreement            kappa and alpha with intervals
    counting.counts      the one expression for "this decision counts", for every reader of `reviews`

A document waits while its state is `review`. Locks are taken in one order, so that nobody waits in a circle: the
document, then claims by the order of their ids. Time is the database's.
"""

from storage.review.words import EDITABLE, LEADS, REASONS, REVIEWERS, Conflict, Judgement, Shown

__all__ = ["EDITABLE", "LEADS", "REASONS", "REVIEWERS", "Conflict", "Judgement", "Shown"]
