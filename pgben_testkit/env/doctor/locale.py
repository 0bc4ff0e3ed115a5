"""The locale that Python and the database take."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Ports
from pgben_testkit.findings import Rule
from pgben_testkit.settings import Settings

RULE = Rule("doctor/locale", "warning", "A locale is not there, or is not UTF-8")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    if asked and not exists(asked):
        yield Fact(
            RULE,
            "warning",
            "LANG",
            f"the locale {asked} is not on this machine",
            "programs then fall back to C, and sort and write letters with accents otherwise",
            "generate it (Debian: dpkg-reconfigure locales), or set LANG=C.UTF-8",
        )
    encoding = sys.getfilesystemencoding()
    if encoding.lower().replace("-", "") != "utf8":
        yield Fact(
            RULE,
            "warning",
            "encoding",
            f"Python takes {encoding} for names of files",
            f"the locale is {asked or 'not set'}",
            "set LANG=C.UTF-8, or PYTHONUTF8=1",
        )
    else:
        yield Fact(RULE, "ok", "encoding", f"UTF-8 (LANG {asked or 'not set'})")
    wanted = settings.postgres_locale
    if wanted and not exists(wanted):
        yield Fact(
            RULE,
            "error",
            "postgres_locale",
            f"the locale {wanted} of the database is not on this machine",
            "initdb refuses it",
            "generate it, or choose another with --pgben-postgres-locale",
        )


def exists(name: str) -> bool:
    """Whether the C library knows a locale; this process's own stays as it is."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except (locale.Error, ValueError):
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True
