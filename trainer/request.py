"""What a user asked for, and as much of it as can be checked without torch: a wrong name is told within a second."""

from dataclasses import dataclass

from storage import splits
from trainer import folder, source
from trainer.folder import RunFolder
from trainer.recipe import Recipe, load
from trainer.source import Frozen


@dataclass(frozen=True)
class Request:
    """`snapshot` is a name, hash or folder; `resume` goes on with the recipe's newest run, on `snapshot` if given.

    With neither, one is exported now, under the name `export` or the recipe's, split by the rule `split`.
    """

    recipe: str
    snapshot: str | None = None
    export: str | None = None
    cleaning_recipe: str = "default"
    model: str | None = None
    resume: bool = False
    dry_run: bool = False
    split: str = "grouped"

    def read_recipe(self) -> Recipe:
        """The recipe, with its own keys checked."""
        return load(self.recipe, libraries=False)

    def take_snapshot(self, recipe: Recipe) -> Frozen | None:
        """The snapshot that was named, verified; None where one is to be exported. Raises UsageError or DataDamaged."""
        folder.require_name(recipe)
        if self.resume:
            run = self.run_to_go_on(recipe)
            return None if run.is_done() else source.taken(run.state()["snapshot_folder"])
        if self.snapshot is None:
            splits.rule_named(self.split)
            return None
        snapshot = source.taken(self.snapshot)
        source.require_rows(snapshot, recipe)
        return snapshot

    def run_to_go_on(self, recipe: Recipe) -> RunFolder:
        """The run that `resume` means, which may be done. Raises UsageError where none was begun."""
        folder.require_name(recipe)
        return folder.to_go_on(recipe, source.taken(self.snapshot).sha256 if self.snapshot else None)

    def needs_database(self) -> bool:
        """Whether the run cannot go without a row: a snapshot given as a folder is trained on anywhere."""
        return not self.resume and not source.is_folder(self.snapshot)
