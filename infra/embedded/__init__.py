"""PostgreSQL and Valkey from wheels, for a machine that has neither: `up` and `down` of one data folder.

    up ──starts──> supervisor (holds DATA/services/lock) ──starts──> postgres, valkey-server
    every other command ──reads──> DATA/services/endpoints.json (`storage.settings`)

The servers die with their supervisor, by the kernel's parent-death signal; what they committed stays.
"""

from infra.embedded.control import Endpoints, down, endpoints, start, up

__all__ = ["Endpoints", "down", "endpoints", "start", "up"]
