"""An S3 in memory that says no where the real one says no: for boto3 and minio-py in process, others on a socket."""
