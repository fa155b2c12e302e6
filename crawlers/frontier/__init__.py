"""The shared queue of addresses: scrapy-redis' scheduler, queue and filter, with leases in place of a destructive pop.

An address is in exactly one place: waiting in the queue, leased to a worker, or done (in neither, but seen). It moves
by one Lua script at a time, so a death at any moment leaves it somewhere:

    offer   a round's addresses wait, seen or not                                       (rounds.begin, rounds.rebuild)
    take    the next waiting ones, leased, as the host's pace allows; leases that ran
            out wait again first                                                        (LeaseScheduler.next_request)
    renew   a worker's leases, every few seconds                                        (Heartbeat, a thread)
    sift    before a page is stored: is its lease still held, which links are new?      (pipelines.Storing)
    finish  after the commit: the lease is over, new links wait, tallies grow           (pipelines.Storing)
    requeue the lease is over and the address waits again                               (a retry, a worker that stops)
    add     seen? else seen and waiting                                                 (enqueue_request)

PostgreSQL's ledger (`storage.addresses`) is written before each step that ends something, so Redis can be made anew
from it. The number of a lease is the fence: the ledger refuses a writer whose number is lower than the last one's.
"""
