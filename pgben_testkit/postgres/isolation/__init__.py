"""How one test's database is kept apart from the next one's: four strategies behind one interface."""
