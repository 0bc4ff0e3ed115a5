"""Environment contracts: which variables there are, where their values come from, and what is wrong with them."""
