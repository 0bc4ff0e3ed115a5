"""What Python reads."""

import pytest

from pgben_testkit.env.code import python


def reads(text):
    found = python.reads(text.encode("utf-8"))
    return {each.name: each for each in found.reads}, found.dynamic


@pytest.mark.parametrize(
    ("text", "default", "required"),
    [
        ("os.environ['X']", None, True), ("environ['X']", None, True), ("os.environ.get('X')", None, False),
        ("os.environ.get('X', 'a')", "a", False), ("os.getenv('X', default='a')", "a", False),
        ("getenv('X') or 'a'", "a", False), ("os.environ.pop('X', None)", None, False),
        ("os.environ.setdefault('X', 'a')", "a", False), ("'X' in os.environ", None, False),
        ("NAME = 'X'\nos.environ[NAME]", None, True), ("int(os.environ.get('X', 5))", "5", False),
    ],
)  # fmt: skip
def test_every_spelling(text, default, required):
    found, dynamic = reads(text)
    assert set(found) == {"X"} and not dynamic
    assert (found["X"].default, found["X"].required) == (default, required)


@pytest.mark.parametrize("text", ["os.environ['X'] = 'a'", "del os.environ['X']", "# os.environ['X']", "env.get('X')"])
def test_what_only_looks_like_a_read(text):
    assert reads(text) == ({}, ())


def test_fields_of_settings_classes_with_prefix_and_aliases():
    found, _ = reads(
        "class A(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='app_')\n"
        "    host: str\n"
        "    port: int = 5432\n"
        "    key: SecretStr = Field(..., validation_alias=AliasChoices('KEY', 'OLD_KEY'))\n"
        "    other: ClassVar[int] = 1\n"
        "class B(A):\n"
        "    class Config:\n"
        "        env_prefix = 'B_'\n"
        "    debug: bool = Field(False, description='x')\n"
        "class C(BaseModel):\n"
        "    no: str\n"
    )
    assert {name: (each.default, each.required, each.hint) for name, each in found.items()} == {
        "APP_HOST": (None, True, ""), "APP_PORT": ("5432", False, "int"), "KEY": (None, True, "secret"),
        "OLD_KEY": (None, True, "secret"), "B_DEBUG": ("False", False, "bool"),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["os.environ[name]", "os.getenv(f'{x}')", "dict(os.environ)"])
def test_names_that_only_a_run_knows(text):
    assert reads(text)[1] == (1,)
