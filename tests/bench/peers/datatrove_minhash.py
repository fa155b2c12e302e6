"""datatrove's MinHash in its four steps: word 5-grams of its Persian tokenizer in 14 bands of 8, as for FineWeb2."""

import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clusters import Pairs, run
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets


def find(texts: list[str], _setting: str) -> Pairs:
    """Each text with its cluster's first."""
    config, first = MinhashConfig(), dict[int, int]()
    with tempfile.TemporaryDirectory() as folder:
        documents = [Document(text=text, id=str(place)) for place, text in enumerate(texts)]
        steps = [
            ([documents, MinhashDedupSignature(f"{folder}/signatures", config=config, language="fas_Arab")], 1),
            ([MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/clusters", config=config, save_cluster_id=True)], 1),
        ]
        for number, (pipeline, tasks) in enumerate(steps):
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{folder}/log{number}").run()
        for place, cluster in _clusters(Path(folder) / "clusters"):
            yield place, first.setdefault(cluster, place)


def _clusters(folder: Path) -> Iterator[tuple[int, int]]:
    for path in folder.rglob("*.clusters"):
        yield from struct.iter_unpack("<II", path.read_bytes())


if __name__ == "__main__":
    run(find)
