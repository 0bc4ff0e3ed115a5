"""What a project that uses the service looks like."""


def test_a_job_is_put_and_taken(pgben_tube):
    with pgben_tube.client() as client:
        client.put("pagar 42")
        job = client.reserve(timeout=1)
        assert job.body == "pagar 42"
        client.delete(job)


def test_what_is_left_is_not_the_next_tests(pgben_tube):
    with pgben_tube.client() as client:
        assert client.stats_tube(pgben_tube.name)["current-jobs-ready"] == 0
        client.put("esquecido")
