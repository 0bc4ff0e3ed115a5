"""Runs the cases on a target, and says what was different."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.storage.conformance.case import Case, cases
from pgben_testkit.storage.conformance.outcome import Differs, NotTried, Outcome
from pgben_testkit.storage.conformance.target import Target


def run_case(each: Case, target: Target) -> Outcome:
    """The outcome. An exception of a client's, or a document without what it must have, is a difference too."""
    import botocore.exceptions
    import urllib3

    began = time.perf_counter()

    def outcome(result: str, detail: str = "") -> Outcome:
        return Outcome(each.id, each.client, each.needs, result, detail, time.perf_counter() - began)  # type: ignore[arg-type]

    try:
        each.run(target)
    except NotTried as error:
        return outcome("not tried", str(error))
    except Differs as error:
        return outcome("differs", str(error))
    except botocore.exceptions.ClientError as error:
        found = error.response
        said = f"{found['ResponseMetadata']['HTTPStatusCode']} {found['Error']['Code']}"
        return outcome("differs", f"refused with {said} ({error.operation_name})")
    except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError, OSError) as error:
        return outcome("differs", f"{type(error).__name__}: {error}"[:300])
    except (AssertionError, LookupError, TypeError, ValueError, AttributeError) as error:
        return outcome("differs", f"the answer can't be read: {type(error).__name__}: {error}"[:300])
    except Exception as error:
        if type(error).__module__.startswith("minio"):
            return outcome("differs", f"{type(error).__name__}: {error}"[:300])
        raise
    return outcome("same")


def run(
    target: Target,
    *,
    only: str = "*",
    client: str = "",
    told: Callable[[Outcome], None] | None = None,
    chosen: Collection[str] | None = None,
    workers: int = 1,
) -> list[Outcome]:
    """All outcomes, in order; `told` hears of each as it comes. What the cases made is removed.

    `chosen`: the ids of the only cases wanted; `workers`: cases tried at one time.

    Raises:
        EnvironmentNotAble: the target doesn't answer, or refuses the administrator's keys.
    """
    import botocore.exceptions

    try:
        target.s3.list_buckets()
        assert target.shared
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise EnvironmentNotAble(
            f"the S3 server at {target.endpoint} can't be tried",
            why=str(error),
            remedy="start it, or correct --endpoint, --access-key and --secret-key",
        ) from None
    found = []
    try:
        wanted = [each for each in cases(only, client) if chosen is None or each.id in chosen]
        with ThreadPoolExecutor(workers) as pool:
            for outcome in pool.map(lambda each: run_case(each, target), wanted):
                found.append(outcome)
                if told is not None:
                    told(outcome)
    finally:
        target.close(workers)
    return found


def counts(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(each.result for each in outcomes)
