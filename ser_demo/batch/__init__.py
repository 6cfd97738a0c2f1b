"""A folder of recordings to a folder of results: here, one after the other, or on many machines at once.

`ResultFolder` knows what is done, an `Engine` does the rest: `Local` in this process, `Cluster` through Ray.
"""

from ser_demo.batch.cluster import Cluster
from ser_demo.batch.engine import Engine
from ser_demo.batch.folder import NameTooLongError, ResultFolder, find_recordings
from ser_demo.batch.local import Local

__all__ = ["Cluster", "Engine", "Local", "NameTooLongError", "ResultFolder", "find_recordings"]
