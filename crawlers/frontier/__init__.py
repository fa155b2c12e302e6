"""The shared queue of addresses: scrapy-redis' scheduler, queue and filter, with leases in place of a destructive pop.

An address is in exactly one place: waiting in the queue, leased to a worker, or done (in neither, but seen). It moves
by one Lua script at a time, so a death at any moment leaves it somewhere:

    begin   a round: listings may be fetched again, seeds wait                  (crawlers.run)
    add     seen? else seen and waiting                                         (LeaseScheduler.enqueue_request)
    take    the next waiting one, leased; leases that ran out wait again first  (LeaseScheduler.next_request)
    renew   a worker's leases, every few seconds                                (LeaseScheduler)
    finish  the lease is over: its page's links wait, tallies grow              (pipelines, after the commit)
    requeue the lease is over and the address waits again                       (a retry, a worker that stops)
"""
