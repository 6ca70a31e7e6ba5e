"""Names browsers and shortens addresses, so that a person knows their sessions again and no more than that is kept."""

import ipaddress
import re

_LONGEST = 200
_FAMILIES = (
    ("Edge", r"Edg(A|iOS)?/"),
    ("Opera", r"OPR/|Opera/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
"""Most browsers name others too, so the order counts."""
_SYSTEMS = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad|iPod"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X"),
    ("Linux", r"Linux|X11"),
)


def family_of(user_agent: str) -> str | None:
    """Give the family and the system of a browser, such as `Firefox, Linux`; None when neither is known."""
    known = [
        next((name for name, pattern in kinds if re.search(pattern, user_agent)), None)
        for kinds in (_FAMILIES, _SYSTEMS)
    ]
    return ", ".join(filter(None, known))[:_LONGEST] or None


def shortened(address: str | None) -> str | None:
    """Give as much of an address as tells networks apart: three of four numbers of IPv4, three of eight groups of IPv6."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return shortened(str(found.ipv4_mapped))
        return ":".join(group.lstrip("0") or "0" for group in found.exploded.split(":")[:3]) + ":*"
    return ".".join(str(found).split(".")[:3]) + ".*"
