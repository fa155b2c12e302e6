"""Scrapy with its own queue and filter in memory.

python -m tests.bench.peers.bare SITE
"""

import sys

from tests.bench.peers.graph import crawl

if __name__ == "__main__":
    crawl(sys.argv[1])
