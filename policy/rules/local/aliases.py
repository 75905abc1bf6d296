"""Reads an alias in a script as `wire/alias.py` does, as far as Jinja can. Pure.

Where it cannot, the script must say so rather than read otherwise: `…_ok` is false then. That is
for letters beyond western Europe's, domain names with any but ASCII letters, IPv6 addresses as
domains, Microsoft's meetings, and for what is no alias at all.
"""

from __future__ import annotations

from typing import Final

# Of these letters each has one spelling, and one small letter. Quotes are left to the server.
_CLEAR: Final = r"^([ !#-~À-ÖØ-öø-ÿ]{1,250})\\Z"
_BARE_HOST: Final = (
    r'|pex_regex_replace("^(\\[[^\\]]*\\]|[^:]*):[0-9]*\\Z", "\\1")'
    r'|pex_regex_replace("^[\\[\\]]+|[\\[\\]]+\\Z", "")|pex_regex_replace("\\.\\Z", "")'
)
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

_LINES: Final = r"""
{% set ALIAS = call_info.KEY|default("", true) %}
{% set ALIAS_ok = pex_regex_search("CLEAR", ALIAS)
    and ALIAS|trim|lower not in ["", "none", "null"] %}
{% if ALIAS_ok and "%" in ALIAS %}
{% set ALIAS_ok = "+" not in ALIAS %}
{% set ALIAS = ALIAS|pex_url_decode %}
{% set ALIAS_ok = ALIAS_ok and pex_regex_search("CLEAR", ALIAS) %}
{% endif %}
{% set vdx_x = pex_regex_search("<([^<>]*)>", ALIAS) or [ALIAS] %}
{% set ALIAS = vdx_x[0]|trim %}
{% set vdx_x = pex_regex_search("(?i)^(?:(sips?|h323|tel):\\s*)*(.*)", ALIAS) %}
{% set ALIAS_scheme = (vdx_x[0]|default("", true))|lower %}
{% set ALIAS = vdx_x[1] %}
{% if pex_regex_search("(?i)(;gruu)(?:;|\\Z)", ALIAS)
    and pex_regex_search("(?i)(;opaque=app:conf)", ALIAS) %}
{% set ALIAS_ok = false %}
{% endif %}
{% set ALIAS = ALIAS|pex_regex_replace("[;?].*", "") %}
{% set vdx_x = pex_regex_search("^(.*)@(.*)", ALIAS) or [ALIAS, ""] %}
{% set ALIAS_user = vdx_x[0]|trim|lower %}
{% set ALIAS_host = vdx_x[1]|trim|lowerBARE_HOST %}
OWN_NODES
{% if ALIAS_host and not pex_regex_search("^([a-z0-9_-]+(?:\\.[a-z0-9_-]+)*)\\Z", ALIAS_host) %}
{% set ALIAS_ok = false %}
{% endif %}
{% set ALIAS_user = ALIAS_user|pex_regex_replace("^([0-9]+)[*#][0-9]+\\Z", "\\1") %}
{% if pex_regex_search("^(\\+?[0-9 ().-]*[0-9][0-9 ().-]*)\\Z", ALIAS_user)
    and not pex_regex_search("^(OCTET(?:\\.OCTET){3})\\Z", ALIAS_user) %}
{% set ALIAS_user = ALIAS_user|pex_regex_replace("[ ().-]", "") %}
{% set ALIAS_user = ALIAS_user|pex_regex_replace("^00([1-9][0-9]*)\\Z", "+\\1") %}
{% endif %}
{% if not ALIAS_user or "@" in ALIAS_user %}{% set ALIAS_ok = false %}{% endif %}
{% set ALIAS_text = ALIAS_user ~ "@" ~ ALIAS_host if ALIAS_host else ALIAS_user %}
{% set ALIAS_digits = ALIAS_user if pex_regex_search("^(\\+?[0-9]+)\\Z", ALIAS_user) else "" %}
"""
_OWN_NODES: Final = r"""
{% if ALIAS_host in vdx_nodes %}{% set ALIAS_host = "" %}{% endif %}
{% set vdx_x = pex_regex_search("^(.*?)##(.*)", ALIAS_user) %}
{% if vdx_x %}
{% if vdx_x[0]BARE_HOST in vdx_nodes %}{% set ALIAS_user = vdx_x[1]|trim %}
{% elif vdx_x[1]BARE_HOST in vdx_nodes %}{% set ALIAS_user = vdx_x[0]|trim %}
{% endif %}
{% endif %}
{% if not ALIAS_host and ALIAS_userBARE_HOST in vdx_nodes %}{% set ALIAS_ok = false %}{% endif %}
"""


def alias_lines(prefix: str, key: str, *, at_own_nodes: bool) -> str:
    """Give the lines that set `<prefix>_ok`, `_text`, `_user`, `_host`, `_scheme` and `_digits`.

    With `at_own_nodes` an address of a node is no domain; the script has set `vdx_nodes`.
    """
    lines = _LINES.replace("OWN_NODES\n", _OWN_NODES.lstrip() if at_own_nodes else "")
    for mark, text in (("CLEAR", _CLEAR), ("BARE_HOST", _BARE_HOST), ("OCTET", _OCTET)):
        lines = lines.replace(mark, text)
    return lines.replace("KEY", key).replace("ALIAS", prefix).strip()
