"""`pgben_metrics` in a project: its catalogue from command line, environment and ini."""

import pytest

TEST = """
def test_metrics(pgben_metrics, tmp_path):
    (tmp_path / "m.prom").write_text('# TYPE a_total counter\\na_total{l="VALUE"} 3\\n')
    pgben_metrics.assert_as_catalogued(str(tmp_path / "m.prom"))
"""
CATALOGUE = """exporters: {api: {}}
metrics:
  a_total: {type: counter, unit: x, exporter: api, why: y, labels: {l: [p]}}
"""


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.delenv("PGBEN_METRICS_CATALOGUE", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "catalogo.yaml").write_text(CATALOGUE)
    return pytester


def run(project, value="p", *args):
    project.makepyfile(TEST.replace("VALUE", value))
    return project.runpytest_subprocess("-p", "pgben_testkit", *args)


@pytest.mark.parametrize("way", ["ini", "environment", "command line"])
def test_the_catalogue_is_named_as_every_setting_is(project, monkeypatch, way):
    args = []
    if way == "ini":
        project.makeini("[pytest]\npgben_metrics_catalogue = catalogo.yaml\n")
    elif way == "environment":
        monkeypatch.setenv("PGBEN_METRICS_CATALOGUE", "catalogo.yaml")
    else:
        args = ["--pgben-metrics-catalogue=catalogo.yaml"]
    run(project, "p", *args).assert_outcomes(passed=1)


def test_a_broken_endpoint_fails_the_test_with_what_to_do(project):
    done = run(project, "z", "--pgben-metrics-catalogue=catalogo.yaml")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*metrics/label-value (error): l of a_total holds 'z'*"])


def test_without_a_catalogue_the_error_says_how_to_name_one(project):
    run(project).stdout.fnmatch_lines(["*set pgben_metrics_catalogue to a file*"])
