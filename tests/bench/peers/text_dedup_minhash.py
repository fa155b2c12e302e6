"""text-dedup's MinHash command with its defaults but for one process: word 5-grams, 250 permutations, threshold .7."""

import pickle
import sys
import tempfile
from pathlib import Path

from clusters import Pairs, run
from datasets import Dataset


def find(texts: list[str], _setting: str) -> Pairs:
    """Each text with what its union-find ties it to."""
    from text_dedup import minhash

    with tempfile.TemporaryDirectory() as folder:
        Dataset.from_dict({"text": texts}).save_to_disk(f"{folder}/in")
        options = ["--path", f"{folder}/in", "--local", "--output", f"{folder}/out", "--column", "text", "--debug"]
        sys.argv = ["minhash", *options, "--num_proc", "1", "--cache_dir", f"{folder}/cache"]
        minhash.main(standalone_mode=False)
        with Path(folder, "out", "uf.pkl").open("rb") as file:
            return list(pickle.load(file).parent.items())  # noqa: S301 - written two lines above


if __name__ == "__main__":
    run(find)
