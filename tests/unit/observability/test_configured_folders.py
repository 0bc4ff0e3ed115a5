"""Which folders a configuration reads from: those that a container must have."""

from pgben_testkit.observability.servers.configured import folders


def test_the_folders_of_what_a_configuration_names_as_named_and_as_they_are(tmp_path):
    for name in ("regras/api.yml", "modelos/a.tmpl", "segredos/slack", "outra/b.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "regras" / "b.yml").symlink_to(tmp_path / "outra" / "b.yml")
    found = folders(
        {
            "rule_files": [str(tmp_path / "regras" / "*.yml"), str(tmp_path / "none" / "*.yml")],
            "templates": [str(tmp_path / "modelos" / "*.tmpl")],
            "receivers": [{"slack_configs": [{"api_url_file": str(tmp_path / "segredos" / "slack"), "channel": "/x"}]}],
        }
    )
    assert found == [tmp_path / each for each in ("modelos", "outra", "regras", "segredos")]


def test_a_configuration_without_files_reads_nothing():
    assert folders({"route": {"receiver": "a"}, "global": {"smtp_from": "/etc/passwd"}}) == []
