"""Rows for any table of a database: read the table, guess values, and let the server judge them."""
