"""PostgreSQL for tests: servers, templates and the isolated databases made from them."""
