"""What another policy server answers, read as strictly as a node reads it. Pure.

Keys that our types do not know are left out, and so are empty texts that say no more than a key
that is not there: other servers send both. A wrong value is an error, whatever it may have meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeVar, assert_never

import orjson
from pydantic import Field, ValidationError, model_validator

from policy.documents import Document
from policy.errors import AnswerError
from policy.wire.fields import EmptyText, Flag, Text
from policy.wire.participants import ParticipantOverrides
from policy.wire.responses import CONTENT_TYPE, IMAGE_TYPE
from policy.wire.schema import SERVICES
from policy.wire.services import Gateway
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from policy.wire.services import Service

ModelT = TypeVar("ModelT", bound=Document)

OK: Final = 200
NOT_FOUND: Final = 404
# One line of a log; who wrote the other server wants to know more than the first.
MAX_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class ForwardedAnswer:
    """What another policy server wants told to the node; a 404 of its is `NOT_FOUND`.

    As in a decision, `result` None sends none. A refused service has none, so that it cannot let
    the caller in. The name of a gateway is the other server's own: it is unique already.
    """

    action: Action
    result: Mapping[str, object] | Sequence[object] | None = field(default=None, repr=False)
    ignore_local: bool = False
    image: bytes = field(default=b"", repr=False)


class _ForwardedGateway(Gateway):
    """A gateway whose name needs no room for what would make it unique."""

    name: Text


class _Redirect(Document):
    new_alias: Text


class _Refusal(Document):
    reject_reason: Text = ""


class _Credentials(Document):
    username: EmptyText
    password: Annotated[EmptyText, Field(repr=False)]

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if bool(self.username) != bool(self.password):
            raise ValueError("username and password are both given or both empty")
        return self


class _Location(Document):
    """Both forms of overflow: the list, and the pair of older nodes."""

    location: Text
    overflow_locations: tuple[Text, ...] = ()
    primary_overflow_location: Text = ""
    secondary_overflow_location: Text = ""


class _Entry(Document):
    """Somebody in the phone book; a node wants all three."""

    alias: Text
    description: EmptyText
    username: EmptyText


class _Phonebook(Document):
    result: tuple[_Entry, ...]
    ignore_local: Flag = False


def parse_answer(
    request_type: RequestType, status: int, content_type: str, body: bytes
) -> ForwardedAnswer:
    """Read an answer; raises AnswerError.

    Of an avatar the picture itself is not looked at.
    """
    if status == NOT_FOUND:
        return ForwardedAnswer(Action.NOT_FOUND)
    if status != OK:
        raise AnswerError(f"status {status}, a node takes {OK} and {NOT_FOUND} only")
    wanted = IMAGE_TYPE if request_type is RequestType.AVATAR else CONTENT_TYPE
    if content_type.partition(";")[0].strip().lower() != wanted:
        raise AnswerError(f"the Content-Type is not {wanted}")
    if request_type is RequestType.AVATAR:
        return ForwardedAnswer(Action.CONTINUE, image=body)
    return _read(request_type, _document(body))


def _document(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Not chained: the error carries the whole body.
        raise AnswerError("the body is no JSON") from None
    if not isinstance(document, dict):
        raise AnswerError("the body is no JSON object")
    if document.get("status") != "success":
        raise AnswerError("status: must be 'success'")
    return document


def _read(request_type: RequestType, document: dict[str, object]) -> ForwardedAnswer:
    match request_type:
        case RequestType.SERVICE:
            return _service(_action(document), document.get("result"))
        case RequestType.PARTICIPANT:
            return _participant(_action(document), _result(document))
        case RequestType.REGISTRATION:
            return _registration(_action(document), _result(document))
        case RequestType.LOCATION:
            return _location(_result(document))
        case RequestType.PHONEBOOK:
            return _phonebook(document)
        case RequestType.AVATAR:
            raise AnswerError("a picture is no JSON")
        case _:
            assert_never(request_type)


def _action(document: Mapping[str, object]) -> Action:
    """Give the action; what is missing or unknown counts as `continue`."""
    written = document.get("action")
    if written is not None and not isinstance(written, str):
        raise AnswerError("action: must be text")
    return Action(written) if written in (Action.REJECT, Action.REDIRECT) else Action.CONTINUE


def _result(document: Mapping[str, object]) -> dict[str, object]:
    """Give the result; null counts as none, which leads to the same at a node."""
    result = document.get("result")
    if result is None:
        return {}
    if not isinstance(result, dict):
        raise AnswerError("result: must be an object")
    return result


def _service(action: Action, result: object) -> ForwardedAnswer:
    """Let in to a service whatever the action says; a refusal holds whatever stands beside it."""
    if isinstance(result, dict) and "service_type" in result:
        return ForwardedAnswer(Action.CONTINUE, _service_result(result))
    if action is Action.REJECT:
        return ForwardedAnswer(Action.REJECT)
    if action is Action.REDIRECT:
        redirect = _typed(_Redirect, _result({"result": result}))
        return ForwardedAnswer(Action.REDIRECT, redirect.model_dump())
    if _result({"result": result}):
        raise AnswerError("result.service_type: is missing")
    return ForwardedAnswer(Action.CONTINUE)


def _service_result(result: dict[str, object]) -> Mapping[str, object]:
    written = result["service_type"]
    model = SERVICES.get(written) if isinstance(written, str) else None
    if model is None:
        raise AnswerError(f"result.service_type: must be one of {', '.join(SERVICES)}")
    chosen: type[Service] = _ForwardedGateway if model is Gateway else model
    if isinstance(result.get("on_completion"), str):
        result["on_completion"] = _on_completion(str(result["on_completion"]))
    return _typed(chosen, result).result()


def _on_completion(text: str) -> object:
    """Undo the platform's own form, which is JSON in a text, with `host` for `chair`."""
    try:
        written = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise AnswerError("result.on_completion: is no JSON") from None
    transfer = written.get("transfer") if isinstance(written, dict) else None
    if isinstance(transfer, dict) and transfer.get("role") == "host":
        transfer["role"] = "chair"
    return written


def _participant(action: Action, result: dict[str, object]) -> ForwardedAnswer:
    if action is Action.REJECT:
        return ForwardedAnswer(Action.REJECT, _written(_typed(_Refusal, result)))
    return ForwardedAnswer(Action.CONTINUE, _written(_typed(ParticipantOverrides, result)))


def _registration(action: Action, result: dict[str, object]) -> ForwardedAnswer:
    if action is Action.REJECT:
        return ForwardedAnswer(Action.REJECT, {})  # a node wants an empty one
    if not result:
        return ForwardedAnswer(Action.CONTINUE, {})
    return ForwardedAnswer(Action.CONTINUE, _written(_typed(_Credentials, result)))


def _location(result: dict[str, object]) -> ForwardedAnswer:
    """Give the place; an empty result is what servers without an opinion send."""
    if not result:
        return ForwardedAnswer(Action.NOT_FOUND)
    place = _written(_typed(_Location, result))
    if "overflow_locations" in place:  # a node is told one form of the two
        place.pop("primary_overflow_location", None)
        place.pop("secondary_overflow_location", None)
    return ForwardedAnswer(Action.CONTINUE, place)


def _phonebook(document: dict[str, object]) -> ForwardedAnswer:
    listed = _typed(_Phonebook, document, above="")
    entries = [entry.model_dump() for entry in listed.result]
    return ForwardedAnswer(Action.CONTINUE, entries, ignore_local=listed.ignore_local)


def _written(document: Document) -> dict[str, object]:
    return document.model_dump(mode="json", exclude_unset=True)


def _typed(model: type[ModelT], found: dict[str, object], above: str = "result.") -> ModelT:
    """Hold what was found against a model, once more without the keys that say nothing."""
    try:
        return _validated(model, found)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    wrong = [error for error in errors if not _says_nothing(error)]
    if wrong:
        raise AnswerError(_told(wrong, above))
    for error in errors:
        _drop(found, error["loc"])
    try:
        return _validated(model, found)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    raise AnswerError(_told(errors, above))


def _validated(model: type[ModelT], found: dict[str, object]) -> ModelT:
    # As JSON, since only then is a list fit for a tuple and yet no number fit for a text: a PIN
    # that is a number has lost its leading zeros.
    try:
        text = orjson.dumps(found)
    except orjson.JSONEncodeError:
        raise AnswerError("the body is nested too deeply") from None
    return model.model_validate_json(text, strict=True)


def _says_nothing(error: ErrorDetails) -> bool:
    if error["type"] == "extra_forbidden":
        return True
    is_text = error["type"] in {"string_too_short", "value_error"}
    return is_text and error["input"] == "" and isinstance(error["loc"][-1], str)


def _drop(found: dict[str, object], loc: tuple[int | str, ...]) -> None:
    """Take a key out of a document, of which `loc` has been found to be a part."""
    *above, key = loc
    part: Any = found
    for step in above:
        part = part[step]
    del part[key]


def _told(errors: Sequence[ErrorDetails], above: str) -> str:
    """Name each field and the rule that it breaks; what stands in it is nobody's business."""
    told = []
    for error in errors[:MAX_TOLD]:
        name = ".".join(str(part) for part in error["loc"])
        said = str(error.get("ctx", {}).get("error", error["msg"]))
        told.append(f"{(above + name).rstrip('.')}: {said[:1].lower()}{said[1:]}")
    return "; ".join(told)
