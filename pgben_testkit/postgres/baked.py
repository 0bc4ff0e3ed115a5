"""Bake images: an image of PostgreSQL with a prepared, migrated data folder in it, made on the user's engine.

The official entry point takes six seconds, since it initialises a cluster and starts the server twice; a baked
image starts in half of one.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres import cluster
from pgben_testkit.postgres.prepared import UNUSED_DAYS, Facts, key_of, sole_maker
from pgben_testkit.services import images
from pgben_testkit.services.container import ServerContainer
from pgben_testkit.services.engine import Engine, client
from pgben_testkit.services.images import Image
from pgben_testkit.services.places import cache_dir, private_folder
from pgben_testkit.settings import Settings

REPOSITORY = "pgben-testkit/prepared"
FACTS_LABEL = "pgben-testkit.facts"
"""JSON in base64. Holds the throw-away password as well: whoever may ask the engine may also enter its containers."""
USER = "postgres"
"""The account inside, by whatever number: the official images and Debian's package agree on the name."""
HOME = "/pgben-testkit"
"""Outside the images' VOLUME, whose content a commit leaves out."""
FIND_PROGRAMS = 'PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr " " ":"):/usr/local/bin"'
"""Debian's package keeps the server's programs out of PATH."""


@dataclass(frozen=True)
class Baked:
    """A baked image and what is in it."""

    image: str
    facts: Facts


def key_for(base: Image, settings: Settings, fingerprint: str) -> str:
    """What determines a baked image: the base image's content, the server's options, the schema."""
    options = cluster.options(settings.postgres_options)
    return key_of("image", base.id, settings.postgres_locale, repr(sorted(options.items())), fingerprint)


def find(engine: Engine, key: str, settings: Settings) -> Baked | None:
    """The image of this key, if the engine has it. Marks it as used today."""
    found = images.find(engine, f"{REPOSITORY}:{key}")
    if found is None or FACTS_LABEL not in found.labels:
        return None
    try:
        facts = Facts(**json.loads(base64.b64decode(found.labels[FACTS_LABEL])))
    except (ValueError, TypeError):
        return None  # of another version of ours, or of somebody who took our name: made anew under it
    _uses(settings).joinpath(key).touch()
    return Baked(found.name, facts)


def make(
    engine: Engine,
    key: str,
    settings: Settings,
    build: Callable[[], AbstractContextManager[tuple[ServerContainer, Facts]]],
) -> Baked:
    """The image of this key, made now unless somebody else just did.

    `build()` gives a container with a stopped, complete cluster in `HOME`/data. The image gets its name in the
    last step: one that failed or was killed is never found.
    """
    with sole_maker(_uses(settings), key, settings):
        found = find(engine, key, settings)
        if found:
            return found
        _prune(engine, settings)
        with build() as (container, facts):
            label = base64.b64encode(json.dumps(asdict(facts)).encode()).decode()
            # As a change, not as configuration: Podman takes no notice of the latter.
            container.wrapped.commit(repository=REPOSITORY, tag=key, changes=[f"LABEL {FACTS_LABEL}={label}"])
    baked = find(engine, key, settings)
    if baked is None:
        raise EnvironmentNotAble(
            "a prepared image can't be kept on the engine",
            why=f"{REPOSITORY}:{key} is not there after its commit",
            remedy="see whether something removes images at this moment",
        )
    return baked


def initialise(container: ServerContainer, *, password: str, locale: str, extra: tuple[str, ...]) -> None:
    """A cluster is in `HOME`/data, open to TCP with the password, and its server is on its way up."""
    container.execute(
        f"""{FIND_PROGRAMS}; umask 077; printf '%s\\n' "$PGBEN_PASSWORD" > {HOME}/password
        initdb -D {HOME}/data -U {cluster.USER} -E UTF8 --locale="$PGBEN_LOCALE" --no-sync \
            --wal-segsize={cluster.WAL_SEGMENT_MB} -A password --pwfile {HOME}/password
        rm {HOME}/password; echo 'host all all all password' >> {HOME}/data/pg_hba.conf""",
        user=USER,
        environment={"PGBEN_PASSWORD": password, "PGBEN_LOCALE": locale or "C.UTF-8", "LC_ALL": "C"},
    )
    container.execute(f"{FIND_PROGRAMS}; nohup postgres -D {HOME}/data {flags(extra)} > {HOME}/log 2>&1 &", user=USER)


def stop(container: ServerContainer) -> None:
    """The server inside has ended in order: the data folder is complete."""
    container.execute(f"{FIND_PROGRAMS}; pg_ctl -D {HOME}/data stop -m fast -w -t 120; rm -f {HOME}/log", user=USER)


def flags(extra: tuple[str, ...]) -> str:
    """The server's options, as the shell takes them; reached from outside the container."""
    import shlex

    chosen = cluster.options(extra) | {"listen_addresses": "*"}
    return " ".join("-c " + shlex.quote(f"{name}={value}") for name, value in chosen.items())


def _uses(settings: Settings) -> Path:
    return private_folder(cache_dir(settings) / "images", traversable=True)


def _prune(engine: Engine, settings: Settings) -> None:
    """Our baked images that nobody used for two weeks are gone. Those of other users aren't on our list."""
    import docker.errors

    oldest = time.time() - UNUSED_DAYS * 86400
    for note in _uses(settings).iterdir():
        if note.name.startswith(".") or note.stat().st_mtime > oldest:
            continue
        try:
            client(engine).client.images.remove(f"{REPOSITORY}:{note.name}")
        except docker.errors.ImageNotFound:
            pass
        except docker.errors.APIError:
            continue  # a container of somebody's uses it
        note.unlink(missing_ok=True)
