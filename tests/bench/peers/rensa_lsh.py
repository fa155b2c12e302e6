"""rensa with its own LSH: 128 permutations in 16 bands of its README over words; character 5-grams in 25 of 5."""

from clusters import Pairs, grams, run, words
from rensa import RMinHash, RMinHashLSH

BANDS = {"words": (128, 16, 0.8), "letters": (125, 25, 0.5)}


def find(texts: list[str], setting: str) -> Pairs:
    """Each text with the candidates among those before it."""
    permutations, bands, threshold = BANDS[setting]
    cut = grams(setting) if setting == "letters" else words
    index = RMinHashLSH(threshold=threshold, num_perm=permutations, num_bands=bands)
    for place, text in enumerate(texts):
        sketch = RMinHash(num_perm=permutations, seed=42)
        sketch.update(cut(text))
        yield from ((place, other) for other in index.query(sketch))
        index.insert(place, sketch)


if __name__ == "__main__":
    run(find)
