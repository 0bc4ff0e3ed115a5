"""Give PostgreSQL to tests: servers, templates, and the isolated databases made from them."""
