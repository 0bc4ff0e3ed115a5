"""Run `pgben-testkit storage`: try any S3 server with the conformance suite, or serve the fake on a port."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import click

from pgben_testkit.errors import EXIT_FINDINGS, UsageProblem


@click.group()
def storage() -> None:
    """S3: try a server with the conformance suite, or serve the fake."""


@storage.command()
@click.option("--endpoint", help="The server, as http://host:port.")
@click.option(
    "--access-key", envvar="PGBEN_STORAGE_ACCESS_KEY", help="Its administrator's (or PGBEN_STORAGE_ACCESS_KEY)."
)
@click.option(
    "--secret-key", envvar="PGBEN_STORAGE_SECRET_KEY", help="Its administrator's (or PGBEN_STORAGE_SECRET_KEY)."
)
@click.option("--region", default="us-east-1", show_default=True, help="The region to sign for.")
@click.option("--other-access-key", help="Another user's, with no rights of his own: more cases are tried.")
@click.option("--other-secret-key", envvar="PGBEN_STORAGE_OTHER_SECRET_KEY", help="Another user's.")
@click.option("--client", type=click.Choice(["boto3", "minio", "node", "all"]), default="all", show_default=True)
@click.option("--only", default="*", metavar="GLOB", help="Cases whose id matches, as 'locks/*'.")
@click.option(
    "--data",
    default="",
    type=click.Path(file_okay=False),
    help="The folder where the server keeps its objects: what is encrypted at rest is looked for there.",
)
@click.option(
    "--node-modules", default="", type=click.Path(file_okay=False), help="A folder with the npm package minio."
)
@click.option(
    "--differences",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A difference file: what it lists is fine, and what it lists wrongly isn't.",
)
@click.option("--list", "list_only", is_flag=True, help="Name the cases and try none.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def conformance(
    endpoint: str | None,
    access_key: str | None,
    secret_key: str | None,
    region: str,
    other_access_key: str | None,
    other_secret_key: str | None,
    client: str,
    only: str,
    data: str,
    node_modules: str,
    differences: Path | None,
    list_only: bool,
    as_json: bool,
) -> None:
    """Try an S3 server: what it must do, and what it must refuse.

    Buckets named pgben-conf-* are made on it and removed again, but for objects that the cases lock, for seconds.
    Exit code 1 where something differs that no difference file lists.
    """
    from pgben_testkit.storage.conformance import differences as known
    from pgben_testkit.storage.conformance.case import cases
    from pgben_testkit.storage.conformance.outcome import Outcome

    wanted = "" if client == "all" else client
    found = cases(only, wanted)
    if not found:
        raise UsageProblem(f"no case matches {only}", remedy="see --list")
    if list_only:
        if as_json:
            click.echo(
                json.dumps(
                    [
                        {
                            "case": each.id,
                            "client": each.client,
                            "needs": each.needs,
                            "denial": each.denial,
                            "summary": each.summary,
                        }
                        for each in found
                    ],
                    indent=2,
                )
            )
            return
        for each in found:
            click.echo(f"{each.id:36} {each.summary}")
        return
    if not endpoint or not access_key or not secret_key:
        raise UsageProblem(
            "which S3 server?",
            why="--endpoint, --access-key and --secret-key are needed",
            remedy="give all three; the keys may come from the environment, see --help",
        )
    if not endpoint.startswith(("http://", "https://")):
        raise UsageProblem(f"--endpoint is {endpoint}", why="it needs the form http://host:port")
    from pgben_testkit.storage.conformance.runner import counts, run
    from pgben_testkit.storage.conformance.target import Target

    listed = known.read(differences) if differences else None
    holds = None
    if data:
        from pgben_testkit.storage.disk import holds as on_disk

        def holds(fragment: bytes) -> bool:
            return on_disk(data, fragment)

    other = (other_access_key, other_secret_key) if other_access_key and other_secret_key else None
    target = Target(endpoint.rstrip("/"), access_key, secret_key, region, other, holds, node_modules)

    def told(outcome: Outcome) -> None:
        if as_json:
            return
        if outcome.result != "same":
            click.echo(f"{outcome.result:9} {outcome.case:36} {outcome.detail}")

    outcomes = run(target, only=only, client=wanted, told=told)
    verdict, numbers = known.judge(outcomes, listed), counts(outcomes)
    tried = numbers["same"] + numbers["differs"]
    if as_json:
        click.echo(
            json.dumps(
                {
                    "endpoint": endpoint,
                    "same": numbers["same"],
                    "differs": numbers["differs"],
                    "not_tried": numbers["not tried"],
                    "unlisted": [each.case for each in verdict.unlisted],
                    "gone": list(verdict.gone),
                    "outcomes": [asdict(each) for each in outcomes],
                },
                indent=2,
            )
        )
    else:
        share = f" ({100 * numbers['same'] / tried:.1f} %)" if tried else ""
        click.echo(
            f"{numbers['same']} of {tried} as S3 does{share}, {numbers['not tried']} not tried"
            + (f"; {len(verdict.known)} differences listed, {len(verdict.unlisted)} not" if listed else "")
        )
        for id in verdict.gone:
            click.echo(f"listed, and no longer different: {id}")
    if not verdict.fine:
        sys.exit(EXIT_FINDINGS)


@storage.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: one that the kernel chooses.")
@click.option("--bucket", multiple=True, help="A bucket to make; may be repeated.")
@click.option("--access-key", default="", help="The administrator's; default: the kit's.")
@click.option("--secret-key", default="", envvar="PGBEN_STORAGE_SECRET_KEY", help="The administrator's.")
@click.option("--user", multiple=True, metavar="NAME", help="Another user, of an account of its own; may be repeated.")
@click.option("--region", default="us-east-1", show_default=True)
def serve(
    port: int, bucket: tuple[str, ...], access_key: str, secret_key: str, user: tuple[str, ...], region: str
) -> None:
    """Serve the fake on 127.0.0.1 until ctrl-C.

    The first line is JSON with the endpoint and the keys of the administrator and of each --user. All is forgotten at
    the end.
    """
    import botocore.exceptions

    from pgben_testkit.storage.fake.fake import Fake

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Fake(region, access_key=access_key, secret_key=secret_key) as fake:
        served = fake.serve(port)
        for name in bucket:
            try:
                fake.bucket(name)
            except (botocore.exceptions.ClientError, botocore.exceptions.ParamValidationError) as error:
                raise UsageProblem(
                    f"--bucket {name}",
                    why=str(error).splitlines()[-1],
                    remedy="3 to 63 lower-case letters, digits, dots and hyphens",
                ) from None
        made = [fake.user(name) for name in user]
        click.echo(
            json.dumps(
                {
                    "endpoint": served.url,
                    "access_key": fake.access_key,
                    "secret_key": fake.secret_key,
                    "region": region,
                    "users": [
                        {"name": each.name, "access_key": each.access_key, "secret_key": each.secret_key, "id": each.id}
                        for each in made
                    ],
                }
            )
        )
        sys.stdout.flush()
        ended.wait()
