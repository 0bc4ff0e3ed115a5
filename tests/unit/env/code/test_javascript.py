"""What TypeScript and JavaScript read, with lines, defaults and hints."""

import pytest

from pgben_testkit.env.code import javascript


def reads(text, language="typescript"):
    found = javascript.reads(text.encode("utf-8"), language)
    return {each.name: each for each in found.reads}, found.dynamic


@pytest.mark.parametrize("language", ["typescript", "tsx", "javascript"])
@pytest.mark.parametrize(
    "text",
    [
        "process.env.X",
        "process.env['X']",
        'process.env["X"]',
        "process.env[`X`]",
        "process.env?.X",
        "const { X } = process.env",
        "const { X: x } = process.env",
        "const { 'X': x = 1 } = process.env",
        "({ X } = process.env)",
        "const e = process.env; f(e.X)",
        "const e = process.env; e['X']",
        "const { env } = process; env.X",
        "const { env: { X } } = process",
        "const { env: e } = process\ne.X",
        "import { env } from 'node:process'; env.X",
        "import { env as e } from 'process'; e.X",
        "const NAME = 'X'; process.env[NAME]",
        "import.meta.env.X",
        "`${process.env.X}`",
        "this.configService.get('X')",
        "config.getOrThrow('X')",
        "function f(a = process.env.X) {}",
        "const cfg = app.get(ConfigService); cfg.get('X')",
        "const c = new ConfigService(); c.getOrThrow('X')",
        "const c = await ref.resolve(ConfigService); c.get('X')",
        "app.get(ConfigService).get('X')",
        "'X' in process.env",
        "const e = process.env; 'X' in e",
        "process.env.hasOwnProperty('X')",
        "const e = { ...process.env, Y: 1 }; f(e.X)",
        "function f({ X } = process.env) {}",
    ],
)
def test_every_spelling(text, language):
    found, dynamic = reads(text, language)
    assert set(found) == {"X"} and not dynamic


@pytest.mark.parametrize(
    "text",
    [
        "process.env!.X",
        "(process.env as any).X",
        "process.env.X as string",
        "process.env.X!",
        "class A { constructor(private readonly s: ConfigService) { this.s.get<string>('X') } }",
        "class A { private s: ConfigService<Env, true>; f() { return this.s.get('X', { infer: true }) } }",
        "const s: ConfigService = f(); s.get('X')",
        "function f({ X }: Env = process.env) {}",
    ],
)
def test_spellings_of_typescript(text):
    assert set(reads(text)[0]) == {"X"}


@pytest.mark.parametrize(
    "text",
    [
        "// process.env.X",
        "'process.env.X'",
        "process.env.X = 'a'",
        "delete process.env.X",
        "other.env.X",
        "process.environment.X",
        "map.get('X')",
        "config.get('database.host')",
        "config.get('jwt')",
        "/process.env.X/",
        "const e = process.env; { other.X }",
        "const s: ConfigServices = f(); s.get('X')",
        "spawn(x, { env: { ...process.env } })",
        "process.env.toString()",
        "x in y",
        "new Foo().get('X')",
    ],
)
def test_what_only_looks_like_a_read(text):
    assert reads(text) == ({}, ())


@pytest.mark.parametrize(
    ("text", "default", "hint"),
    [
        ("process.env.X || 'a'", "a", ""),
        ("process.env.X ?? `a`", "a", ""),
        ("process.env.X || 'a' || 'b'", "a", ""),
        ("parseInt(process.env.X || '3000', 10)", "3000", "int"),
        ("Number(process.env.X) || 3_000", "3000", "int"),
        ("+process.env.X! || -1", "-1", "int"),
        ("parseInt(process.env.X, 10)", None, "int"),
        ("process.env.X === 'true'", None, "bool"),
        ("process.env.X?.toLowerCase() === 'true'", None, "bool"),
        ("const { X = 'a' } = process.env", "a", ""),
        ("const { X: y = 5 } = process.env", "5", ""),
        ("config.get('X', 'a')", "a", ""),
        ("config.get<number>('X', 5)", "5", ""),
        ("config.get('X') ?? 'a'", "a", ""),
        ("process.env.X || other()", None, ""),
        ("other || process.env.X", None, ""),
        ("f(process.env.X, 'a')", None, ""),
        ("process.env.X ??= 'a'", "a", ""),
        ("process.env.X ? process.env.X : 'a'", "a", ""),
        ("process.env.Y ? process.env.X : 'a'", None, ""),
    ],
)
def test_defaults_and_hints(text, default, hint):
    found = reads(text)[0]["X"]
    assert (found.default, found.hint) == (default, hint)


def test_places_and_what_is_required():
    found, _ = reads("\n  f(process.env.A);\nconfig.getOrThrow('B');")
    assert (found["A"].line, found["A"].column, found["A"].required) == (2, 5, False)
    assert (found["B"].line, found["B"].required) == (3, True)


@pytest.mark.parametrize(
    "text",
    [
        "process.env[name]",
        "const { X, ...rest } = process.env",
        "check(process.env)",
        "const e = process.env; check(e)",
        "load(() => ({ ...process.env }))",
        "name in process.env",
    ],
)
def test_names_that_only_a_run_knows(text):
    assert reads(text)[1] == (1,)


def test_many_reads_in_one_file_are_all_found():
    text = "\n".join(f"export const a{n} = process.env.NAME_{n} ?? '{n}';" for n in range(200))
    found, _ = reads(text)
    assert len(found) == 200 and found["NAME_150"].default == "150" and found["NAME_150"].line == 151


def test_broken_code_gives_what_can_be_read():
    assert "X" in reads("const a = process.env.X;\nclass { {{{ \x00 )")[0]


@pytest.mark.parametrize("language", ["typescript", "javascript"])
@pytest.mark.parametrize(
    "code",
    [
        "globalThis.process.env.A; global.process.env['B'] ?? '1'",
        "process['env'].A; process[\"env\"].B ?? '1'",
        "import * as p from 'process'; p.env.A; p.env.B || '1'",
        "import p from 'node:process'; p.env.A; p.env.B || '1'",
        "const p = require('process'); p.env.A; p.env.B || '1'",
        "import env from 'env-var'; env.get('A').required().asString(); env.get('B').default('1').asInt()",
        "const env = require('env-var'); env.get('A').asString(); env.get('B').default(1).asInt()",
    ],
)
def test_other_spellings_and_libraries(language, code):
    found = javascript.reads(code.encode(), language)
    assert [(each.name, each.default) for each in found.reads] == [("A", None), ("B", "1")]
    assert not found.dynamic


@pytest.mark.parametrize(
    "code",
    [
        "import { cleanEnv } from 'envalid';",
        "const convict = require('convict');",
        "import env from 'env-var'; env.get(name)",
    ],
)
def test_libraries_that_do_not_tell_the_names_leave_it_unsettled(code):
    assert javascript.reads(code.encode(), "typescript").dynamic


def test_a_map_of_that_name_reads_nothing():
    assert not javascript.reads(
        b"const env = new Map(); env.get('A'); process.on('exit', f); x['env'].B", "typescript"
    ).reads


@pytest.mark.parametrize(
    "text",
    [
        "export default Joi.object({ A_B: Joi.number().port().default(3000), 'C': Joi.string().required() });",
        "const s = z.object({ A_B: z.coerce.number().default(3_000), C: z.string() }); s.parse(process.env)",
        "import { IsInt } from 'class-validator';\nclass E { @IsInt() A_B?: number = 3000; @IsString() C: string }",
    ],
)
def test_schemas_name_what_the_program_does_not_start_without(text):
    found, dynamic = reads(text)
    assert {name: each.default for name, each in found.items()} == {"A_B": "3000", "C": None}
    assert not dynamic


@pytest.mark.parametrize(
    "text",
    [
        "z.object({ A_B: z.string(), name: z.string() })",
        "class E { A_B: string }",
        "other.object({ A_B: 1 })",
        "import {} from 'class-validator'; class E { @IsString() A_B: string; @IsInt() age: number }",
    ],
)
def test_schemas_of_something_else(text):
    assert reads(text) == ({}, ())
