"""Hold the environment against its contract: which variables there are, where values come from, what is wrong."""
