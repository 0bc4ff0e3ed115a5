"""What code sets for its own process counts as declared, with its place."""

import pytest

from pgben_testkit.env import assess


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test/setup.ts", "\nprocess.env.DB_NAME = 'x_test';\n"),
        ("jest.setup.js", "\nprocess.env['DB_NAME'] = 'x_test';\n"),
        ("tests/conftest.py", "import os\nos.environ['DB_NAME'] = 'x_test'\n"),
        ("tests/conftest.py", "import os\nos.environ.setdefault('DB_NAME', 'x_test')\n"),
    ],
)
def test_a_file_of_code_is_a_source_of_what_it_sets(tmp_path, name, text):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "a.py").write_text("import os\nos.environ['DB_NAME']\n")
    assessment = assess.of_project(tmp_path, None)
    [source] = assessment.ground.sources
    [declared] = source.declared
    assert (source.kind, source.stage, source.complete) == ("setup", "test", False)
    assert (declared.name, declared.value, str(declared.place)) == ("DB_NAME", "x_test", f"{name}:2")
    assert not assessment.findings


def test_a_value_that_the_code_computes_is_set_to_something_unknown(tmp_path):
    (tmp_path / "setup.js").write_text("process.env.DB_NAME = `x_${process.env.JEST_WORKER_ID}`;\n")
    [source] = assess.of_project(tmp_path, None).ground.sources
    assert source.named()["DB_NAME"].value is None
