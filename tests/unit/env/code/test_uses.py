"""What the code shows of a variable: that it fails without it, or that it works without it."""

import pytest

from pgben_testkit.env.code import javascript, python


def js(text):
    [found] = [each for each in javascript.reads(text.encode(), "typescript").reads if each.name == "X"]
    return found


def py(text):
    [found] = [each for each in python.reads(text.encode()).reads if each.name == "X"]
    return found


@pytest.mark.parametrize(
    "text",
    [
        "f(process.env.X ?? computed())",
        "process.env.X || `a${b}`",
        "process.env.X === 'true'",
        "process.env.X !== 'production'",
        "if (process.env.X) { g() }",
        "process.env.X && g()",
        "!process.env.X",
        "!!process.env.X",
        "process.env.X ? 1 : 2",
        "process.env.X?.toLowerCase()",
        "Boolean(process.env.X)",
        "const { X = computed() } = process.env",
        "config.get('X', computed())",
        "'X' in process.env",
        "Number(process.env.X) || a.b",
        "console.log(`version ${process.env.X}`)",
    ],
)
def test_typescript_that_works_without_the_variable(text):
    assert (js(text).optional, js(text).required) == (True, False)


@pytest.mark.parametrize("text", ["f(process.env.X)", "Number(process.env.X)", "config.get('X', { infer: true })"])
def test_typescript_that_shows_nothing(text):
    assert (js(text).optional, js(text).required) == (False, False)


@pytest.mark.parametrize(
    "text",
    ["Logger.log(`v ${process.env.X || 'N/A'}`)", "console.error('at', process.env.X ?? 'none')"],
)
def test_the_words_of_a_log_line_are_no_default(text):
    assert (js(text).default, js(text).optional) == (None, True)


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("Joi.object({ X: Joi.string().required() })", True),
        ("Joi.object({ X: Joi.number().integer().min(1).required() })", True),
        ("Joi.object({ X: Joi.string() })", False),
        ("Joi.object({ X: Joi.string().required().default('a') })", False),
        ("Joi.object({ X: Joi.string().when('Y', { is: 1, then: Joi.required() }) })", False),
        ("z.object({ X: z.string() })", True),
        ("z.object({ X: z.coerce.number().int() })", True),
        ("z.object({ X: z.string().optional() })", False),
        ("z.object({ X: z.string().default(make()) })", False),
        ("z.object({ X: z.string().nullish() })", False),
        ("yup.object({ X: yup.string().required() })", True),
        ("yup.object({ X: yup.string() })", False),
        ("import {} from 'class-validator'; class E { @IsString() X: string }", True),
        ("import {} from 'class-validator'; class E { @IsString() X!: string }", True),
        ("import {} from 'class-validator'; class E { @IsOptional() @IsString() X: string }", False),
        ("import {} from 'class-validator'; class E { @IsString() X?: string }", False),
        ("import {} from 'class-validator'; class E { @IsString() X: string = make() }", False),
        ("import { cleanEnv, str } from 'envalid'; cleanEnv(process.env, { X: str() })", True),
        ("import { cleanEnv, str } from 'envalid'; cleanEnv(process.env, { X: str({ default: 'a' }) })", False),
        ("import { parseEnv } from 'znv'; parseEnv(process.env, { X: z.string() })", True),
        ("import { createEnv } from '@t3-oss/env-core'; createEnv({ server: { X: z.string() } })", True),
        ("config.getOrThrow('X')", True),
    ],
)
def test_what_a_schema_requires(text, required):
    assert (js(text).required, js(text).optional) == (required, not required)


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ.get('X', compute())",
        "import os\nos.environ.get('X') or compute()",
        "import os\nif os.environ.get('X'):\n    f()",
        "import os\nif os.getenv('X') == '1':\n    f()",
        "import os\nnot os.getenv('X')",
        "class A(BaseSettings):\n    X: int = 60 * 24 * 8",
        "class A(BaseSettings):\n    X: str | None = None",
        "class A(BaseSettings):\n    X: str = secrets.token_urlsafe(32)",
        "class A(BaseSettings):\n    X: list[str] = Field(default_factory=list)",
        "from environs import Env\nenv = Env()\nenv.int('X', default=60 * 60)",
        "from environs import Env\nenv = Env()\nenv('X', None)",
        "import logging, os\nlogging.info('at %s', os.environ.get('X', 'N/A'))",
    ],
)
def test_python_that_works_without_the_variable(text):
    assert (py(text).optional, py(text).required) == (True, False)


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("import os\nos.environ['X']", True),
        ("import os\ntry:\n    os.environ['X']\nexcept KeyError:\n    pass", False),
        ("import os\nif 'Y' in os.environ:\n    f(os.environ['X'])", False),
        ("import os\na = os.environ['X'] if 'Y' in os.environ else 1", False),
        ("class A(BaseSettings):\n    X: str", True),
        ("class A(BaseSettings):\n    X: str | None", False),
        ("from environs import Env\nenv = Env()\nenv.str('X')", True),
        ("from decouple import config\nconfig('X')", True),
    ],
)
def test_python_that_fails_without_the_variable(text, required):
    assert py(text).required is required


def test_a_prefix_of_environs_belongs_to_the_name():
    found = python.reads(b"from environs import Env\nenv = Env()\nwith env.prefixed('A_'):\n    env.bool('B', False)\n")
    assert [each.name for each in found.reads] == ["A_B"]


def test_what_is_only_printed_is_no_default_in_python():
    assert py("import os\nlog.info('x %s', os.environ.get('X', 'N/A'))").default is None
