"""What PGBen's objects are: a factory for each table, its words, people, documents as files, and whole offices."""
