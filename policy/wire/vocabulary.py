"""The closed sets of words on the wire, spelled as Pexip spells them."""

from __future__ import annotations

from enum import StrEnum


class RequestType(StrEnum):
    """The six policy requests; values are our names, used in rules, metrics and cases."""

    SERVICE = "service"
    PARTICIPANT = "participant"
    LOCATION = "location"
    AVATAR = "avatar"
    PHONEBOOK = "phonebook"
    REGISTRATION = "registration"


class CallProtocol(StrEnum):
    """How the far end speaks; Pexip apps say `api` at first contact."""

    API = "api"
    WEBRTC = "webrtc"
    SIP = "sip"
    H323 = "h323"
    MSSIP = "mssip"
    RTMP = "rtmp"
    TEAMS = "teams"
    GMS = "gms"


class CallDirection(StrEnum):
    """`non_dial` sets up no call: SIP OPTIONS and SUBSCRIBE, H.323 location requests."""

    DIAL_IN = "dial_in"
    DIAL_OUT = "dial_out"
    NON_DIAL = "non_dial"


class Trigger(StrEnum):
    """What caused a request; `unspecified` for example when the platform dials out."""

    WEB = "web"
    WEB_AVATAR_FETCH = "web_avatar_fetch"
    INVITE = "invite"
    OPTIONS = "options"
    SUBSCRIBE = "subscribe"
    SETUP = "setup"
    ARQ = "arq"
    LRQ = "lrq"
    TWO_STAGE_DIALING = "two_stage_dialing"
    TEAMS = "teams"
    UNSPECIFIED = "unspecified"


class Encryption(StrEnum):
    """The state of encryption; a node writes the words with a capital."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class ParticipantType(StrEnum):
    """`api` legs only control; a browser caller has one, and then an ordinary one."""

    STANDARD = "standard"
    API = "api"
    API_HOST = "api_host"


class Role(StrEnum):
    """Host and guest, in Pexip's words."""

    CHAIR = "chair"
    GUEST = "guest"


class AuthType(StrEnum):
    """Whether a registering device proves itself by password or has done so by sign-on."""

    CREDENTIALS = "credentials"
    SSO = "sso"


class Action(StrEnum):
    """What an answer tells the node to do; `not_found` is HTTP 404, no opinion."""

    CONTINUE = "continue"
    REJECT = "reject"
    REDIRECT = "redirect"
    NOT_FOUND = "not_found"
