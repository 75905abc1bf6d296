# What policy/ uses of google-re2, which ships no types.
class error(Exception): ...  # noqa: N801, N818

class Options:
    max_mem: int
    log_errors: bool
    case_sensitive: bool

class Set:
    @staticmethod
    def FullMatchSet(options: Options | None = ...) -> Set: ...  # noqa: N802
    def Add(self, pattern: str) -> int: ...  # noqa: N802
    def Compile(self) -> None: ...  # noqa: N802
    def Match(self, text: str) -> list[int]: ...  # noqa: N802

def compile(pattern: str, options: Options | None = ...) -> object: ...  # noqa: A001
