# What policy/ uses of google-re2, which ships no types.
class error(Exception): ...  # noqa: N801, N818

class Options:
    max_mem: int
    log_errors: bool
    case_sensitive: bool

class Match:
    def groups(self) -> tuple[str | None, ...]: ...
    def groupdict(self) -> dict[str, str | None]: ...

class Pattern:
    @property
    def groups(self) -> int: ...
    @property
    def groupindex(self) -> dict[str, int]: ...
    def fullmatch(self, text: str) -> Match | None: ...

class Set:
    @staticmethod
    def FullMatchSet(options: Options | None = ...) -> Set: ...  # noqa: N802
    def Add(self, pattern: str) -> int: ...  # noqa: N802
    def Compile(self) -> None: ...  # noqa: N802
    def Match(self, text: str) -> list[int]: ...  # noqa: N802

def compile(pattern: str, options: Options | None = ...) -> Pattern: ...  # noqa: A001
