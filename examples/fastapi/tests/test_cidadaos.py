MARIA = {"nome": "Maria Teste", "cpf": "52998224725"}


def test_cadastra(api):
    assert api.post("/cidadaos", json=MARIA).status_code == 201
    assert api.get("/cidadaos").json() == ["Maria Teste"]


def test_o_mesmo_cpf_duas_vezes(api):
    assert api.get("/cidadaos").json() == []  # the other test's citizen is not here
    api.post("/cidadaos", json=MARIA)
    assert api.post("/cidadaos", json=MARIA).status_code == 409


def test_o_que_a_api_gravou_esta_no_banco(api, pgben_connection):
    api.post("/cidadaos", json=MARIA)
    assert pgben_connection.execute("SELECT nome, cpf FROM cidadao").fetchall() == [("Maria Teste", "52998224725")]
