"""What counts as one network address when requests or attempts at guessing are counted."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """Give an IPv4 address as it is, the /64 network of an IPv6 one, which is what one household has, and else `unknown`."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))
