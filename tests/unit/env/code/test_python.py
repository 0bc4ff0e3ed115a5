"""What Python reads."""

import pytest

from pgben_testkit.env.code import python


def reads(text):
    found = python.reads(text.encode("utf-8"))
    return {each.name: each for each in found.reads}, found.dynamic


@pytest.mark.parametrize(
    ("text", "default", "required"),
    [
        ("os.environ['X']", None, True),
        ("environ['X']", None, True),
        ("os.environ.get('X')", None, False),
        ("os.environ.get('X', 'a')", "a", False),
        ("os.getenv('X', default='a')", "a", False),
        ("getenv('X') or 'a'", "a", False),
        ("os.environ.pop('X', None)", None, False),
        ("os.environ.setdefault('X', 'a')", "a", False),
        ("'X' in os.environ", None, False),
        ("NAME = 'X'\nos.environ[NAME]", None, True),
        ("int(os.environ.get('X', 5))", "5", False),
    ],
)
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
        "APP_HOST": (None, True, ""),
        "APP_PORT": ("5432", False, "int"),
        "KEY": (None, True, "secret"),
        "OLD_KEY": (None, True, "secret"),
        "B_DEBUG": ("False", False, "bool"),
    }


def test_settings_classes_inherit_nest_and_take_their_prefix_from_anywhere():
    found, dynamic = reads(
        "class Pool(BaseModel):\n"
        "    size: int = 5\n"
        "class A(BaseSettings, env_prefix='A_'):\n"
        "    model_config = {'env_nested_delimiter': '__'}\n"
        "    pool: Pool = Pool()\n"
        "    key: Annotated[str, Field(alias='KEY')]\n"
        "class B(A):\n"
        "    level: Literal['info', 'warn'] = 'info'\n"
        "    mail: Mail\n"
        "class C(BaseSettings):\n"
        "    mail: Mail\n"
    )
    assert set(found) == {"A_POOL__SIZE", "KEY", "A_LEVEL", "MAIL"}
    assert found["A_POOL__SIZE"].default == "5"
    assert dynamic == (9,)


@pytest.mark.parametrize("text", ["os.environ[name]", "os.getenv(f'{x}')", "dict(os.environ)"])
def test_names_that_only_a_run_knows(text):
    assert reads(text)[1] == (1,)


@pytest.mark.parametrize(
    "code",
    [
        "from os import environ as e, getenv as g\ne['A']; g('B', '1')\n",
        "import os\nenv = os.environ\nenv['A']; env.get('B', '1')\n",
        "import os\nos.environ.get(key='A'); os.getenv(key='B', default='1')\n",
        "import environ\nenv = environ.Env(X=(bool, False))\nenv('A'); env.int('B', default=1)\n",
        "from environs import Env\nenv = Env()\nenv.read_env('.env')\nenv.str('A'); env.int('B', 1)\n",
        "from decouple import config\nconfig('A'); config('B', default='1', cast=int)\n",
        "from decouple import config as c\nc('A'); c('B', default='1')\n",
        "from starlette.config import Config\nconfig = Config('.env')\nconfig('A'); config('B', default='1')\n",
        "from .base import env\nenv('A'); env('B', default='1')\n",
    ],
)
def test_other_names_and_libraries(code):
    found = python.reads(code.encode())
    assert [(each.name, each.default) for each in found.reads] == [("A", None), ("B", "1")]
    assert not found.dynamic


@pytest.mark.parametrize(
    "code",
    [
        "from decouple import config\nconfig(name)\n",
        "import os\n\nenv = os.environ\nenv[name]\n",
        "from dynaconf import Dynaconf\n",
    ],
)
def test_names_that_a_library_does_not_tell_are_dynamic(code):
    assert python.reads(code.encode()).dynamic


def test_what_only_has_such_a_name_reads_nothing():
    code = b"import os\nos.environ\nenv = {}\nenv['A']\nconfig('B')\nenv.get('C')\n"
    assert not python.reads(code).reads
