"""Describe the contract: every variable that an application reads, and the conditions between them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pgben_testkit.env.conditions import Condition
from pgben_testkit.env.variable import Variable

STAGE_WORDS = {
    "production": "production",
    "prod": "production",
    "prd": "production",
    "producao": "production",
    "development": "development",
    "dev": "development",
    "local": "development",
    "desenvolvimento": "development",
    "test": "test",
    "testing": "test",
    "tests": "test",
    "ci": "test",
    "e2e": "test",
    "teste": "test",
    "staging": "staging",
    "stage": "staging",
    "stg": "staging",
    "homolog": "staging",
    "homologacao": "staging",
    "hml": "staging",
}
"""Words in file and folder names, and values of the stage variable, to the stage that they mean."""
STAGE_FROM = ("APP_ENV", "NODE_ENV", "ENVIRONMENT")
RUNTIME_NAMES = (
    "PATH",
    "HOME",
    "USER",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "SHELL",
    "PWD",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TERM",
    "HOSTNAME",
    "TMPDIR",
    "CI",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_VERSION",
    "YARN_VERSION",
    "NPM_*",
    "npm_*",
    "PNPM_HOME",
    "PYTHON*",
    "PIP_*",
    "UV_*",
    "VIRTUAL_ENV",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "OTEL_*",
    "DEBIAN_FRONTEND",
    "LD_LIBRARY_PATH",
    "JAVA_*",
    "COMPOSE_*",
    "DOCKER_*",
    "KUBERNETES_*",
    "POD_*",
    "NODE_NAME",
    "PGBEN_*",
    "PYTEST_*",
    "TOX_*",
    "COVERAGE_*",
    "FORCE_COLOR",
    "NO_COLOR",
    "PY_COLORS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "JEST_*",
    "GITHUB_*",
    "GITLAB_*",
    "DJANGO_SETTINGS_MODULE",
)
"""Names that runtimes and platforms read, not applications: no contract has to list them."""

_LIBRARY_NAMES = """
    GUNICORN_* UVICORN_* WEB_CONCURRENCY CELERY_* C_FORCE_ROOT DJANGO_SETTINGS_MODULE FLASK_* DYNO FLY_* RENDER_*
    RAILWAY_* VERCEL_* NETLIFY* HEROKU_* CF_* K_SERVICE K_REVISION NEW_RELIC_* DD_* DATADOG_* SENTRY_* BUGSNAG_*
    ROLLBAR_* LOGFIRE_* ELASTIC_APM_* AWS_* AZURE_* GOOGLE_* GCLOUD_* GCP_* SSL_CERT_* REQUESTS_CA_BUNDLE HTTP_PROXY
    HTTPS_PROXY NO_PROXY TYPEORM_* PRISMA_* NEXT_* NEXTAUTH_* NUXT_* VITE_* REACT_APP_* EXPO_* TURBO_* NX_*
    STORYBOOK_* CYPRESS_* PLAYWRIGHT_* PLAYWRIGHT* PUPPETEER_* ALEMBIC_* SQLALCHEMY_* RQ_* PROMETHEUS_* HYPOTHESIS_*
    JUPYTER_* CUDA_* HF_* GIT_* BUILD_* COMMIT_* SOURCE_COMMIT CI_* RUNNER_* BUILDKITE* CIRCLE* TRAVIS* JENKINS_*
    TEAMCITY_* CODESPACES GITPOD_* *_SHA COLORTERM FORCE_COLOR NO_COLOR DEBUG_COLORS WATCHPACK_* CHOKIDAR_*
    POSTHOG_* STACK_NAME COMPOSE_PROJECT_NAME PIPENV_* POETRY_* RAILS_* RACK_* BUNDLE_* GOFLAGS GOMAXPROCS GODEBUG
    GOOS GOARCH RUST_* CARGO_*
"""
_LIBRARY = re.compile("|".join(map(fnmatch.translate, _LIBRARY_NAMES.split())))


def is_librarys(name: str) -> bool:
    """Return whether libraries, tools and hosting platforms read or set names like `name`.

    Without a contract it is no finding that the project's own files do not declare or read it.
    """
    return is_runtime(name) or _LIBRARY.match(name) is not None


@dataclass(frozen=True)
class Contract:
    """Hold all variables by name, and what belongs to the contract as a whole.

    `stage_from` names the variables that tell the stage (APP_ENV, NODE_ENV); the first that is set counts.
    `applications` are patterns of the compose services and containers that the contract is for; empty: those that get
    one of its variables. `ignore` are patterns of names that belong to other programs.
    """

    name: str
    path: str
    variables: Mapping[str, Variable]
    conditions: tuple[Condition, ...] = ()
    stage_from: tuple[str, ...] = STAGE_FROM
    applications: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @cached_property
    def aliases(self) -> dict[str, Variable]:
        """Return each other name with the variable that it is an alias of."""
        return {alias.name: each for each in self.variables.values() for alias in each.aliases}

    def variable(self, name: str) -> Variable | None:
        """Return the variable whose name or alias is `name`; None where there is none."""
        return self.variables.get(name) or self.aliases.get(name)

    def ignores(self, name: str) -> bool:
        """Return whether `name` belongs to a runtime or to another program."""
        return is_runtime(name) or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.ignore)

    def is_application(self, name: str, given: Iterable[str]) -> bool:
        """Return whether the contract is for the service or container `name`, which gets the variables `given`."""
        if self.applications:
            return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.applications)
        return any(self.variable(each) for each in given)

    def stage(self, values: Mapping[str, str | None], fallback: str = "") -> str:
        """Return the stage that `values` name, in our word for it where there is one; else `fallback`."""
        return stage_of(values, self.stage_from, fallback)


def stage_of(values: Mapping[str, str | None], names: Iterable[str], fallback: str = "") -> str:
    """Return the stage that the first of `names` in `values` tells; else `fallback`."""
    for name in names:
        value = (values.get(name) or "").strip().casefold()
        if value:
            return STAGE_WORDS.get(value, value)
    return fallback


_RUNTIME = re.compile("|".join(map(fnmatch.translate, RUNTIME_NAMES)))


def is_runtime(name: str) -> bool:
    """Return whether a runtime or platform reads `name`, and not an application."""
    return _RUNTIME.match(name) is not None


def stage_of_path(path: str) -> str:
    """Return the stage that the file or folder name `path` tells, as `.env.production`; empty where it tells none."""
    for part in reversed(path.split("/")):
        for word in re.split(r"[.\-_]+", part.casefold()):
            if word in STAGE_WORDS:
                return STAGE_WORDS[word]
    return ""
