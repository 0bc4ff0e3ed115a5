"""What an S3 server must do and refuse, as cases that run on anything that speaks S3."""
