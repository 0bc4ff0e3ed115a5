"""Read what MinIO's versioning leaves out (its own extension of a bucket's versioning configuration)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from pgben_testkit.storage.s3.document import tag, text_of
from pgben_testkit.storage.s3.failures import failure


@dataclass(frozen=True)
class Unversioned:
    """Keys that begin so, and folders (keys that end with a slash)."""

    prefixes: tuple[str, ...] = ()
    folders: bool = False

    def covers(self, key: str) -> bool:
        return key.startswith(self.prefixes) or (self.folders and key.endswith("/"))

    def xml(self) -> str:
        """The elements of a versioning configuration."""
        prefixes = "".join(f"<ExcludedPrefixes>{tag('Prefix', each)}</ExcludedPrefixes>" for each in self.prefixes)
        return prefixes + ("<ExcludeFolders>true</ExcludeFolders>" if self.folders else "")

    @classmethod
    def read(cls, configuration: ET.Element) -> Unversioned:
        """Raises:
        S3Failure: as MinIO refuses it, where versioning is not switched on.
        """
        prefixes = tuple(each.text for each in configuration.findall("ExcludedPrefixes/Prefix") if each.text)
        made = cls(prefixes, text_of(configuration, "ExcludeFolders").lower() == "true")
        if (made.prefixes or made.folders) and text_of(configuration, "Status") != "Enabled":
            raise failure("IllegalVersioningConfigurationException")
        return made
