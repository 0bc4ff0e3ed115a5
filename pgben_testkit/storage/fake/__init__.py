"""Imitate S3 in memory, refusals included: in process for boto3 and minio-py, on a socket for others."""
