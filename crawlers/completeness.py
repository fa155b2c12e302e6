"""How complete a site's crawl is, from the links that the ledger keeps: what `crawlers coverage` tells."""

from __future__ import annotations

import numpy as np

from crawlers.coverage import Coverage, estimate
from crawlers.linkgraph import Links
from crawlers.spiders import chosen
from crawlers.storing import LINK_BYTES
from storage import addresses, db, schema

Ids = np.dtype(">u8")


def coverage(name: str) -> dict[str, Coverage]:
    """An estimate for each site that `name` stands for. Raises UsageError for an unknown one."""
    picked = chosen(name)
    schema.require_head()
    return {site.name: estimate(links(site.name)) for site in picked}


def links(source: str) -> Links:
    """The link graph of a site's records: 8 bytes a link and as many again while it is read."""
    found, done, listed = bytearray(), bytearray(), bytearray()
    sources, targets = [], bytearray()
    with db.session(repeatable=True) as session:
        for fingerprint, is_done in addresses.records(session, source):
            found += fingerprint[:LINK_BYTES]
            done += fingerprint[:LINK_BYTES] if is_done else b""
        for fingerprint, is_record, linked in addresses.links(session, source):
            if is_record:
                sources.append((fingerprint[:LINK_BYTES], len(linked) // LINK_BYTES))
                targets += linked
            else:
                listed += linked
    starts = _ids(b"".join(start for start, _ in sources))
    repeated = np.repeat(starts, np.array([count for _, count in sources], dtype=np.int64))
    known, ends, seeds = _ids(found), _ids(targets), _ids(listed)
    # Of a site that makes up records without end, not all that are linked are taken.
    taken = np.isin(ends, known)
    return Links(known, _ids(done), seeds[np.isin(seeds, known)], repeated[taken], ends[taken])


def _ids(packed: bytes | bytearray) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.frombuffer(bytes(packed), dtype=Ids).astype(np.uint64)
