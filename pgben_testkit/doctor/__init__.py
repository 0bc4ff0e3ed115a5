"""Look at the whole ground below the tests: engine, images, ports, disk, locale, programs, schema, leftovers."""
