"""Look at the locale that Python and the database use."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.settings import Settings

RULE = Rule("doctor/locale", "warning", "A locale is not there, or is not UTF-8")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield whether the locales of this shell and of the database exist, and whether file names are UTF-8."""
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    if asked and not exists(asked):
        yield Fact(
            RULE.id,
            "warning",
            "LANG",
            f"the locale {asked} is not on this machine",
            "programs then use the locale C, and sort and write letters with accents in another way",
            "generate it (Debian: dpkg-reconfigure locales), or set LANG=C.UTF-8",
        )
    encoding = sys.getfilesystemencoding()
    if encoding.lower().replace("-", "") != "utf8":
        yield Fact(
            RULE.id,
            "warning",
            "encoding",
            f"Python uses {encoding} for names of files",
            f"the locale is {asked or 'not set'}",
            "set LANG=C.UTF-8, or PYTHONUTF8=1",
        )
    else:
        yield Fact(RULE.id, "ok", "encoding", f"UTF-8 (LANG {asked or 'not set'})")
    wanted = settings.postgres_locale
    if wanted and not exists(wanted):
        yield Fact(
            RULE.id,
            "error",
            "postgres_locale",
            f"the locale {wanted} of the database is not on this machine",
            "initdb refuses it",
            "generate it, or choose another with --pgben-postgres-locale",
        )


def exists(name: str) -> bool:
    """Return whether the C library knows the locale `name`. The locale of this process stays as it is."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except (locale.Error, ValueError):
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True
