"""datasketch: MinHash and its LSH index. Word 5-grams in 14 bands of 8, FineWeb's; character 5-grams in 25 of 5."""

from clusters import Pairs, grams, run
from datasketch import MinHash, MinHashLSH

BANDS = {"words": (14, 8), "letters": (25, 5)}


def find(texts: list[str], setting: str) -> Pairs:
    """Each text with the candidates among those before it."""
    bands, rows = BANDS[setting]
    cut, index = grams(setting), MinHashLSH(num_perm=bands * rows, params=(bands, rows))
    batches = MinHash.generator(([gram.encode() for gram in cut(text)] for text in texts), num_perm=bands * rows)
    for place, sketch in enumerate(batches):
        yield from ((place, other) for other in index.query(sketch))
        index.insert(place, sketch)


if __name__ == "__main__":
    run(find)
