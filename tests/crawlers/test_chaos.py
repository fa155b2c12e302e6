"""A short run of `tests.bench.chaos`: spider processes and both servers are killed, and nothing is lost."""

from tests.bench.chaos import Plan, chaos


def test_whatever_is_killed_nothing_is_lost() -> None:
    report = chaos(Plan(kills=9, records=250, processes=3, parents_each=6, servers_each=8))
    assert report.faults == []
    assert report.killed["spider"] == 9
    assert min(report.killed[kind] for kind in ("parent", "valkey", "postgres")) >= 1
