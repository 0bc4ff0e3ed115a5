"""An exposition held against a small catalogue, and what the checks say of it."""

import pytest

from pgben_testkit.observability.catalogue import parse as catalogue_of
from pgben_testkit.observability.checks import metrics as checks
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.held import hold

CATALOGUE = """
exporters:
  api: {others: ["python_*"], series: 30}
  db: {}
metrics:
  a_total: {type: counter, unit: x, exporter: api, why: y, labels: {l: [p, q]}}
  h_seconds: {type: histogram, unit: s, exporter: api, why: y, buckets: [1, 2], labels: {l: any}}
  maybe: {type: gauge, unit: x, exporter: api, why: y, optional: true}
  s_seconds: {type: summary, unit: x, exporter: api, why: y, optional: true}
  pg_up: {type: gauge, unit: x, exporter: db, why: y}
  first_byte: {type: gauge, unit: x, exporter: api, why: y, optional: true, labels: {le: ["1", "+Inf"]}}
"""


class Exposition:
    """Pieces of an exposition that is as its catalogue says, and the ways to look at it."""

    catalogue = CATALOGUE
    a = '# TYPE a_total counter\na_total{l="p"} 3\n'
    h = "# TYPE h_seconds histogram\n"

    @property
    def sound(self):
        return self.a + self.h + self.histogram()

    @staticmethod
    def histogram(series='l="x"', bounds=("1", "2", "+Inf"), counts=(1, 2, 3), count=3):
        rows = [f'h_seconds_bucket{{{series},le="{b}"}} {n}' for b, n in zip(bounds, counts, strict=True)]
        return "\n".join([*rows, f"h_seconds_count{{{series}}} {count}", f"h_seconds_sum{{{series}}} 1", ""])

    @staticmethod
    def findings(text, before=None, exporter="api", catalogue=CATALOGUE):
        earlier = parse(before) if before else None
        return checks.run(hold(parse(text), catalogue_of(catalogue), exporter=exporter, before=earlier))

    def found(self, text, before=None, exporter="api"):
        return [(each.check.partition("/")[2], each.subject) for each in self.findings(text, before, exporter)]

    def summaries(self, text):
        return [each.summary for each in self.findings(text)]


@pytest.fixture
def exposed():
    return Exposition()
