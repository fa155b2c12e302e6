"""scrapy-redis as its README sets it up: its scheduler, filter, priority queue and pickled requests.

python -m tests.bench.peers.stock SITE REDIS
"""

import sys

from tests.bench.peers.graph import crawl

if __name__ == "__main__":
    crawl(
        sys.argv[1],
        REDIS_URL=sys.argv[2],
        SCHEDULER="scrapy_redis.scheduler.Scheduler",
        DUPEFILTER_CLASS="scrapy_redis.dupefilter.RFPDupeFilter",
    )
