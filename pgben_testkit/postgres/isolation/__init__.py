"""Keep one test's database apart from the next one's: four strategies behind one interface."""
