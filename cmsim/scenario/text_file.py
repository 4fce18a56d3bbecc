"""Text files that users write: read as UTF-8 and up to a size, with what is wrong said in one message."""

from importlib.resources.abc import Traversable

from cmsim.core.errors import ScenarioError

MAX_BYTES = 2**20


def read_text(file: Traversable, where: str, allowed: str, encoding: str = "UTF-8", max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file.

    Args:
        file: in UTF-8.
        where: what messages name as the place.
        allowed: what messages name as allowed in place of a file that cannot be read.
        encoding: what they name as allowed in place of other bytes.
        max_bytes: the largest size allowed.

    Raises:
        ScenarioError: it cannot be read, is too large or not UTF-8.
    """
    try:
        if not file.is_file():
            problem = "is a folder" if file.is_dir() else "there is no such file"
            raise ScenarioError(f"{where}: {problem}; allowed: {allowed}")
        with file.open("rb") as opened:
            content = opened.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{where}: {reason(error)}; allowed: {allowed}") from None
    if len(content) > max_bytes:
        raise ScenarioError(f"{where}: given more than {max_bytes} bytes; allowed: up to {max_bytes}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{where}: given bytes that are not UTF-8 text, from byte {error.start} on; allowed: {encoding}"
        ) from None


def reason(error: Exception) -> str:
    """Return why a file cannot be used, without the path that messages name already."""
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
