def test_cadastra(pgben_connection):
    pgben_connection.execute("INSERT INTO cidadao (nome) VALUES ('Maria Teste')")
    pgben_connection.commit()
    assert pgben_connection.execute("SELECT count(*) FROM cidadao").fetchone() == (1,)
