"""metrics/personal-data: people in label values."""


def test_personal_data_is_found_in_unknown_metrics_and_never_shown(exposed):
    text = exposed.sound + 'z{quem="Maria da Silva"} 1\na_total{l="maria@prefeitura.example"} 1\n'
    found = exposed.findings(text)
    assert {(each.check, each.subject) for each in found} >= {
        ("metrics/personal-data", "z.quem"),
        ("metrics/personal-data", "a_total.l"),
        ("metrics/label-value", "a_total.l"),
    }
    assert "aria" not in str(found).replace("variable", "")


def test_each_kind_of_personal_data_in_one_label_is_told(exposed):
    rows = 'z{path="/c/maria@prefeitura.example"} 1\nz{path="/c/52998224725"} 1\nz{path="/c/1"} 1\n'
    found = exposed.findings(exposed.sound + rows)
    said = [each.summary for each in found if each.check == "metrics/personal-data"]
    assert said == [f"path of z holds personal data: {kind} (1 series)" for kind in ("CPF", "e-mail address")]


def test_a_value_that_the_catalogue_lists_is_no_personal_data(exposed):
    listed = exposed.catalogue.replace("[p, q]", '[p, "Maria Silva"]')
    text = exposed.a.replace('"p"', '"Maria Silva"') + exposed.h + exposed.histogram()
    assert exposed.findings(text, catalogue=listed) == ()
