"""All files of a project, alone and shared out to processes."""

import pytest

from pgben_testkit.env import tree
from pgben_testkit.env.code import read


@pytest.mark.parametrize("many", [False, True])
def test_the_same_is_read_alone_and_shared_out(tmp_path, monkeypatch, many):
    monkeypatch.setattr(read, "SHARED_FROM_FILES", 10 if many else 10_000)
    for number in range(60):
        (tmp_path / f"a{number:02}.ts").write_text(f"process.env.N_{number};\n")
    told = []
    found = read.read(tree.walk(tmp_path).code, tmp_path, told.append)
    assert [each.name for each in found.reads] == [f"N_{number}" for number in range(60)]
    assert str(found.reads[7].place) == "a07.ts:1"


def test_tests_are_known_and_what_others_made_is_passed_over(tmp_path):
    for name in (
        "src/a.ts",
        "src/a.spec.ts",
        "test/b.e2e-spec.ts",
        "tests/c.py",
        "test_d.py",
        "node_modules/x/e.js",
        "dist/f.js",
        "g.d.ts",
        "h.min.js",
        "venv/pyvenv.cfg",
        "venv/i.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("process.env.X; os.environ['X']")
    found = read.read(tree.walk(tmp_path).code, tmp_path)
    assert {each.place.path: each.test for each in found.reads} == {
        "src/a.ts": False,
        "src/a.spec.ts": True,
        "test/b.e2e-spec.ts": True,
        "tests/c.py": True,
        "test_d.py": True,
    }


@pytest.mark.parametrize("times", [5_000, 200_000])
def test_a_bundle_is_passed_over_and_counted(tmp_path, times):
    (tmp_path / "bundle.js").write_bytes(b"process.env.X;" * times)
    (tmp_path / "long.js").write_bytes(b"process.env.X;\n" * 5_000)
    found = read.read([tmp_path / "bundle.js", tmp_path / "long.js"], tmp_path)
    assert (found.skipped, found.problems, {each.place.path for each in found.reads}) == (1, (), {"long.js"})
