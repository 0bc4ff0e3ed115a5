"""Hold the checks of the monitoring: one package for each kind of subject."""
