"""The review room: a page that holds the next records and sends decisions behind; what it asks, and how it is answered.

page       the page itself, its filter bar, the guide beside it; `door` says who is logged in and with which token
wire       JSON posted by the page: who asks, from where, with which token, of what form
claims     the next records (`records`, with `why`, `suggestion`, `likes`), renewing and giving back leases
events     decisions in their order, each in its own transaction, each once by its key
training   the round before the first real record
bulk       what leads decide about all that a filter finds
"""
