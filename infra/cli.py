"""The `infra` command."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run

app = command_line("infra", "What runs the stages: embedded services, worker, admin, stand-in sites, the demo.")


Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def up(
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, and stop the services when ended.")] = False,
) -> int:
    """Start PostgreSQL and Valkey for this data folder and migrate the database; they run until `infra down`.

    A server whose address is in the environment (TABIB_DATABASE_URL, TABIB_REDIS_URL) is left to its owner.

    Example: infra up
    """
    from infra.embedded import commands

    return commands.up(foreground)


@app.command()
def down() -> None:
    """Stop the embedded services of this data folder; what was committed stays.

    Example: infra down
    """
    from infra.embedded import commands

    commands.down()


@app.command()
def status(as_json: Json = False) -> int:
    """Tell what runs, where its data and sockets are, and whether it answers. Exit status 3 when it is not up.

    Example: infra status --json
    """
    from infra.embedded import commands

    return commands.status(as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Examine this machine and say what to do about each finding. Exit status 1 when one stops the work.

    Example: infra doctor
    """
    from infra import doctor

    return doctor.report(as_json)


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Processes that work side by side.")] = 2,
    beat: Annotated[
        bool, typer.Option("--beat", help="Also be the clock: any number may, one at a time is, and the others wait.")
    ] = False,
    queue: Annotated[
        list[str] | None,
        typer.Option(help="`clean` or `evaluate`, may be repeated; else all this machine can: evaluating needs torch."),
    ] = None,
) -> int:
    """Work on what Celery's clock asks for, every minute, until Ctrl-C; any number of machines may.

    `clean` judges documents, `evaluate` works off what `evaluator schedule` asks for, one evaluation at a time on a
    machine, or on each set of GPUs that CUDA_VISIBLE_DEVICES shows. Ctrl-C lets a batch end, and gives an evaluation
    back after the answers in hand.

    Example: infra worker --concurrency 4 --beat
    """
    from infra import worker

    return worker.run_worker(concurrency, beat, queue or ())


@app.command()
def replica(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one and prints it.")] = 8765,
    host: Annotated[
        str, typer.Option(help="127.0.0.1, and no other: it answers to the names of real sites.")
    ] = "127.0.0.1",
    records: Annotated[Path | None, typer.Option(help="A folder of *.jsonl[.gz] pairs; else the own sample.")] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="Print what a perfect crawl stores, as JSON, and exit.")
    ] = False,
) -> None:
    """Play the fourteen sites on a loopback port, told apart by the Host header, until Ctrl-C.

    Exits 2 naming file and line where --records holds a row that is no pair of a known site.

    Example: infra replica --port 8765
    """
    from infra.replica import command

    command.replica(host, port, records, only_list)


@app.command()
def admin(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 8080,
    public_host: Annotated[
        list[str] | None, typer.Option(help="A name it is reached by through an HTTPS proxy; may be repeated.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="The proxy's IP address, believed for whom a request comes; may be repeated."),
    ] = None,
) -> None:
    """Serve the admin: log in and review what cleaning wants seen. Users are made by `infra user add`.

    Example: infra admin --port 8080
    """
    from infra.admin.app import serve

    serve(host, port, tuple(public_host or ()), tuple(proxy or ()))


@app.command()
def demo() -> None:
    """Walk the whole way on this machine: crawl stand-in sites, clean, review, export, train, evaluate, report.

    Takes a few minutes on two cores; interrupted and run again it goes on, and what is done stays as it is.

    Example: infra demo
    """
    from infra.demo.walk import walk

    walk()


user = typer.Typer(
    help="Who may log in to the admin. annotator: the own queue; lead: all records; operator: the farm; admin: all.",
    no_args_is_help=True,
)
app.add_typer(user, name="user")


@user.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    role: Annotated[str, typer.Option(help="annotator, lead, operator or admin.")] = "annotator",
    password_stdin: PasswordStdin = False,
) -> None:
    """Make a user; the password is asked for twice, or read from standard input.

    An annotator judges the records of the own queue, a lead opens and settles all, an operator sees to the farm and
    reads no records, an admin may do all.

    Example: infra user add maryam --role annotator
    """
    from infra.admin import members

    members.add(name, role, password_stdin)


@user.command("list")
def list_users(as_json: Json = False) -> None:
    """List the users with their roles.

    Example: infra user list
    """
    from infra.admin import members

    members.show(as_json)


@user.command()
def deactivate(name: Annotated[str, typer.Argument(help="Whom to shut out, at once.")]) -> None:
    """Shut a user out; what they decided stays.

    Example: infra user deactivate maryam
    """
    from infra.admin import members

    members.deactivate(name)


@user.command()
def activate(name: Annotated[str, typer.Argument(help="Whom to let in again.")]) -> None:
    """Let a user who was shut out log in again, with the password they had.

    Example: infra user activate maryam
    """
    from infra.admin import members

    members.activate(name)


@user.command()
def role(
    name: Annotated[str, typer.Argument(help="Whose role to change.")],
    role: Annotated[str, typer.Argument(help="annotator, lead, operator or admin.")],
) -> None:
    """Give a user another role, which ends their open sessions.

    Example: infra user role maryam lead
    """
    from infra.admin import members

    members.role(name, role)


@user.command()
def link(
    name: Annotated[str, typer.Argument(help="Whom to link.")],
    subject: Annotated[str | None, typer.Option(help="The provider's `sub` of their account.")] = None,
    email: Annotated[
        str | None, typer.Option(help="Their e-mail, if the provider verifies it: the first log-in tells the subject.")
    ] = None,
) -> None:
    """Let a user log in through the organisation's OpenID provider (TABIB_OIDC_ISSUER); with neither option, no more.

    Example: infra user link maryam --subject 248289761001
    """
    from infra.admin import members

    members.link(name, subject, email)


@user.command("totp-reset")
def totp_reset(name: Annotated[str, typer.Argument(help="Who lost the second factor.")]) -> None:
    """Take a user's second factor and recovery codes away, which ends their sessions.

    Be sure first that it is they who ask.

    Example: infra user totp-reset maryam
    """
    from infra.admin import members

    members.reset_second_factor(name)


@user.command()
def password(
    name: Annotated[str, typer.Argument(help="Whose password to change.")],
    password_stdin: PasswordStdin = False,
) -> None:
    """Give a user another password, which ends their open sessions.

    Example: infra user password maryam
    """
    from infra.admin import members

    members.password(name, password_stdin)


audit = typer.Typer(help="The record of who did what, a chain of hashes.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    expect: Annotated[
        list[str] | None, typer.Option(help="A head noted earlier, NUMBER:HASH, to find a cut tail; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Read the audit from its first row; exit status 6 names the first that was changed, is missing or out of order.

    Who may write to the database as its owner could make the whole chain anew, or cut its end: note `infra audit head`
    elsewhere now and then, and give it back here.

    Example: infra audit verify --expect "$(cat head-of-monday)"
    """
    from infra import auditing

    return auditing.verify(expect or (), as_json)


@audit.command()
def head() -> None:
    """Print the number and hash of the last row, to be noted where this database's owner cannot write.

    Example: infra audit head
    """
    from infra import auditing

    auditing.head()


gold = typer.Typer(help="Questions with a known answer, given to annotators among the others.", no_args_is_help=True)
app.add_typer(gold, name="gold")
Record = Annotated[str, typer.Argument(help="The record's id, as its page's address has it.")]
Lead = Annotated[str, typer.Option("--as", help="The lead or admin in whose name it is done.")]


@gold.command()
def mark(
    record: Record,
    lead: Lead,
    decision: Annotated[str, typer.Option(help="The right one: approve, reject or edit.")],
    fa: Annotated[str, typer.Option(help="Why, in Persian.")],
    en: Annotated[str, typer.Option(help="Why, in English.")],
    reason: Annotated[str | None, typer.Option(help="The reason of a rejection.")] = None,
) -> None:
    """Make a record a question with a known answer, or change the answer; it leaves the queue.

    Example: infra gold mark 0b6e… --as zahra --decision reject --reason advertisement --fa "تبلیغ است" --en "It sells"
    """
    from infra.admin import golden

    golden.mark(record, lead, golden.answer(decision, reason, (fa, en)))


@gold.command()
def unmark(record: Record, lead: Lead) -> None:
    """Make a question an ordinary record again; answers given stay.

    Example: infra gold unmark 0b6e… --as zahra
    """
    from infra.admin import golden

    golden.unmark(record, lead)


@gold.command("list")
def list_gold() -> None:
    """List the questions with their answers, a line of JSON each.

    Example: infra gold list
    """
    from infra.admin import golden

    golden.show()


def main() -> NoReturn:
    """Entry point of the `infra` command."""
    run(app)
