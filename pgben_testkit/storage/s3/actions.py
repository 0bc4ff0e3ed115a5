"""Name the actions that a policy of a bucket may allow or deny.

Source: "Actions, resources, and condition keys for Amazon S3" in the service authorization reference.
"""

from __future__ import annotations

import re

OF_OBJECTS = frozenset(
    re.findall(
        r"\w+",
        """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion
    DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention
    GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes
    GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication
    ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold
    PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging RenameObject ReplicateDelete
    ReplicateObject ReplicateTags RestoreObject UpdateObjectEncryption
    """,
    )
)
"""Actions whose resource is an object."""
OF_BUCKETS = frozenset(
    re.findall(
        r"\w+",
        """
    CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration
    DeleteBucketOwnershipControls DeleteBucketPolicy DeleteBucketPublicAccessBlock DeleteBucketWebsite
    GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS
    GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus
    GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite
    GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration
    GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
    ListBucketMultipartUploads ListBucketVersions ListTagsForResource PutAccelerateConfiguration
    PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
    PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
    PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
    PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration
    PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
    UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
    """,
    )
)
"""Actions whose resource is a bucket."""
OTHERS = frozenset(
    re.findall(
        r"\w+",
        """
    CreateAccessPoint CreateAccessPointForObjectLambda CreateJob CreateMultiRegionAccessPoint CreateSession
    DeleteAccessPoint DeleteAccessPointPolicy DescribeJob GetAccessPoint GetAccessPointPolicy
    GetAccessPointPolicyStatus GetAccountPublicAccessBlock GetStorageLensConfiguration ListAccessPoints
    ListAllMyBuckets ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations PutAccessPointPolicy
    PutAccountPublicAccessBlock PutStorageLensConfiguration UpdateJobPriority UpdateJobStatus
    """,
    )
)
"""Actions of S3 that concern neither an object nor a bucket."""
KNOWN = OF_OBJECTS | OF_BUCKETS | OTHERS


def is_known(pattern: str) -> bool:
    """Return whether `pattern`, as `s3:Get*`, matches an action that S3 has."""
    if pattern == "*":
        return True
    service, _, name = pattern.partition(":")
    if service.lower() != "s3" or not name:
        return False
    expression = re.escape(name).replace(r"\*", ".*").replace(r"\?", ".")
    compiled = re.compile(expression, re.IGNORECASE)
    return any(compiled.fullmatch(each) for each in KNOWN)
