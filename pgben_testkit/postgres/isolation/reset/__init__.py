"""`reset`: one database for all tests of a process; what a test did is read from the write-ahead log and undone.

The server's log names every page that a test wrote, so undoing costs what the test touched and not what the schema
holds, and nothing of ours stands in the test's database: no schema, no trigger, no event trigger.
"""
