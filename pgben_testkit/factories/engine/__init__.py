"""How objects are made and stored: declarations, draws, records, the maker. It knows no table of PGBen."""
