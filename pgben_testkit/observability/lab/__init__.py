"""The alert laboratory: alert rules brought to life on the real Prometheus and Alertmanager, in jumped time."""
