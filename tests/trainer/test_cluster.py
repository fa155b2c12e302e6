"""The scripts for a cluster: what they start exists, takes the options that they give it, and would not be refused."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from torch.distributed.run import get_args_parser

from trainer.cli import app
from trainer.halving import rows_of_a_step
from trainer.recipe import load

CLUSTER = Path(__file__).parents[2] / "infra" / "cluster"
SLURM, JOB = CLUSTER / "train.slurm", CLUSTER / "train-job.yaml"
PRINTS = '#!/bin/bash\nprintf "%q " "$@"\n'


def test_the_slurm_script_starts_a_training(tmp_path: Path) -> None:
    torchrun = _torchrun(_srun(tmp_path, ["packed", "/data/my snapshots/autumn", "/models/aya"]))
    assert (torchrun.nnodes, torchrun.nproc_per_node) == ("2", "4")
    taken = _trainer([torchrun.training_script, *torchrun.training_script_args])
    assert (taken["recipe"], taken["snapshot"], taken["model"]) == (
        "packed",
        "/data/my snapshots/autumn",
        "/models/aya",
    )
    torchrun = _torchrun(_srun(tmp_path, ["packed", "/data/autumn"]))
    assert _trainer([torchrun.training_script, *torchrun.training_script_args])["model"] is None


def test_srun_gets_the_cpus_of_the_job(tmp_path: Path) -> None:
    """From Slurm 22.05 it takes them neither from sbatch's option nor from SLURM_CPUS_PER_TASK."""
    ended = _bash(tmp_path, ["packed", "/data/autumn"], "/data", {"SLURM_CPUS_PER_TASK": "24"})
    assert shlex.split(ended.stdout)[:2] == ["--cpus-per-task=24", "torchrun"]


def test_two_jobs_on_one_machine_meet_at_ports_of_their_own(tmp_path: Path) -> None:
    """Neither among the first 1,024 nor among those that Linux gives to whoever connects, from 32,768."""
    ports = set()
    for job in ("17", "18", "67043328"):
        ended = _bash(tmp_path, ["packed", "/data/autumn"], "/data", {"SLURM_JOB_ID": job})
        machine, _, port = _torchrun(_after_srun(ended)).rdzv_endpoint.partition(":")
        assert machine == "gpu-a"
        ports.add(int(port))
    assert len(ports) == 3
    assert all(1_024 <= port < 32_768 for port in ports)


@pytest.mark.parametrize(
    ("arguments", "home", "told"),
    [
        ([], "/data", "a recipe"),
        (["packed"], "/data", "folder of a snapshot"),
        (["packed", "/s"], "", "TABIB_DATA"),
    ],
)
def test_the_slurm_script_says_what_it_lacks(tmp_path: Path, arguments: list[str], home: str, told: str) -> None:
    ended = _bash(tmp_path, arguments, home)
    assert ended.returncode != 0
    assert told in ended.stderr


def test_the_kubernetes_job_starts_a_training() -> None:
    job = yaml.safe_load(JOB.read_text(encoding="utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    torchrun = _torchrun([*container["command"], *container["args"]])
    assert int(torchrun.nproc_per_node) == container["resources"]["limits"]["nvidia.com/gpu"]
    taken = _trainer([torchrun.training_script, *torchrun.training_script_args])
    assert taken["snapshot"].startswith("/data/snapshots/")
    stages = load(taken["recipe"]).content.stages
    assert all(rows_of_a_step(stage) % int(torchrun.nproc_per_node) == 0 for stage in stages)


def _bash(
    folder: Path, arguments: list[str], home: str, job: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    for name, text in (("srun", PRINTS), ("scontrol", "#!/bin/bash\nprintf 'gpu-a\\ngpu-b\\n'\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    slurm = {"SLURM_JOB_NODELIST": "gpu-[a-b]", "SLURM_NNODES": "2", "SLURM_GPUS_ON_NODE": "4", "SLURM_JOB_ID": "17"}
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TABIB_DATA_DIR": home, **slurm, **(job or {})}
    return subprocess.run(["bash", SLURM, *arguments], env=environment, capture_output=True, text=True, check=False)


def _srun(folder: Path, arguments: list[str]) -> list[str]:
    """What srun would start."""
    return _after_srun(_bash(folder, arguments, "/data"))


def _after_srun(ended: "subprocess.CompletedProcess[str]") -> list[str]:
    assert ended.returncode == 0, ended.stderr
    started = shlex.split(ended.stdout)
    return started[started.index("torchrun") :]


def _torchrun(command: list[str]) -> Any:
    assert command[0] == "torchrun"
    parsed = get_args_parser().parse_args(command[1:])
    assert parsed.no_python
    return parsed


def _trainer(command: list[str]) -> dict[str, Any]:
    assert command[:2] == ["trainer", "export-and-train"]
    group: Any = typer.main.get_command(app)
    return dict(group.commands[command[1]].make_context(command[1], command[2:]).params)
