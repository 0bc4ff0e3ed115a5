"""Know the container images of others: which are no application of the project, and which variables they read."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

READ_BY: dict[str, tuple[str, ...]] = {
    "postgres": ("POSTGRES_*", "PG*"),
    "postgis": ("POSTGRES_*", "PG*"),
    "timescaledb": ("POSTGRES_*", "PG*", "TIMESCALEDB_*", "TS_TUNE_*"),
    "pgvector": ("POSTGRES_*", "PG*"),
    "postgresql": ("POSTGRESQL_*", "POSTGRES_*", "PG*"),
    "pgbouncer": ("PGBOUNCER_*", "DB_*", "DATABASE_URL", "POOL_MODE", "MAX_CLIENT_CONN", "DEFAULT_POOL_SIZE"),
    "pgadmin4": ("PGADMIN_*",),
    "mysql": ("MYSQL_*",),
    "mariadb": ("MARIADB_*", "MYSQL_*"),
    "mongo": ("MONGO_*",),
    "mongodb": ("MONGO_*", "MONGODB_*"),
    "redis": ("REDIS_*", "ALLOW_EMPTY_PASSWORD"),
    "valkey": ("VALKEY_*", "ALLOW_EMPTY_PASSWORD"),
    "minio": ("MINIO_*", "MC_*"),
    "mc": ("MC_*", "MINIO_*"),
    "localstack": ("SERVICES", "LOCALSTACK_*", "EDGE_PORT", "DATA_DIR", "AWS_*", "DOCKER_HOST", "DEBUG"),
    "rabbitmq": ("RABBITMQ_*",),
    "kafka": ("KAFKA_*", "CLUSTER_ID", "ALLOW_PLAINTEXT_LISTENER"),
    "zookeeper": ("ZOOKEEPER_*", "ZOO_*", "ALLOW_ANONYMOUS_LOGIN"),
    "nats": ("NATS_*",),
    "elasticsearch": ("ELASTIC_*", "ES_*", "discovery.*", "xpack.*"),
    "opensearch": ("OPENSEARCH_*", "DISABLE_*"),
    "kibana": ("ELASTICSEARCH_*", "SERVER_*", "KIBANA_*"),
    "logstash": ("LS_*", "XPACK_*"),
    "grafana": ("GF_*",),
    "prometheus": (),
    "alertmanager": (),
    "loki": (),
    "tempo": (),
    "promtail": (),
    "node-exporter": (),
    "postgres-exporter": ("DATA_SOURCE_*", "PG_EXPORTER_*"),
    "redis_exporter": ("REDIS_*",),
    "cadvisor": (),
    "jaeger": ("COLLECTOR_*", "SPAN_STORAGE_TYPE"),
    "all-in-one": ("COLLECTOR_*", "SPAN_STORAGE_TYPE"),
    "opentelemetry-collector": ("OTEL_*",),
    "nginx": ("NGINX_*",),
    "traefik": ("TRAEFIK_*", "CF_*"),
    "caddy": (),
    "haproxy": (),
    "mailhog": ("MH_*",),
    "mailpit": ("MP_*",),
    "maildev": ("MAILDEV_*",),
    "smtp4dev": ("ServerOptions__*",),
    "adminer": ("ADMINER_*",),
    "keycloak": ("KC_*", "KEYCLOAK_*"),
    "vault": ("VAULT_*",),
    "consul": ("CONSUL_*",),
    "etcd": ("ETCD_*",),
    "memcached": ("MEMCACHED_*",),
    "clickhouse-server": ("CLICKHOUSE_*",),
    "sonarqube": ("SONAR_*",),
    "metabase": ("MB_*",),
    "flower": ("FLOWER_*", "CELERY_*"),
    "registry": ("REGISTRY_*",),
    "watchtower": ("WATCHTOWER_*",),
    "selenium": ("SE_*",),
    "seaweedfs": ("WEED_*",),
}
"""The last part of an image's name -> patterns of the variables that it reads."""


def known(image: str) -> str:
    """Return the key of `READ_BY` that `image` is (`quay.io/minio/minio:1` is minio); empty where it is none."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    if name in READ_BY:
        return name
    bare = re.sub(r"[-_](?:alpine|server|enterprise|oss|ce|ha|bitnami|slim)$", "", name)
    return bare if bare in READ_BY else ""


def reads(images: Iterable[str], name: str) -> bool:
    """Return whether one of `images` reads the variable `name`."""
    return any(
        fnmatch.fnmatchcase(name, pattern) for image in images if image for pattern in READ_BY.get(known(image), ())
    )
