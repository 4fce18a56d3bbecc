"""How far a long piece of work is: told to a function, or shown as a bar in a terminal or notebook."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""


@contextmanager
def told(progress: Progress | bool | None, what: str, unit: str) -> Iterator[Progress]:
    """Yield what is told of the progress: the function given, a bar where ``True`` is, otherwise nobody.

    Args:
        progress: as functions of cmsim take it.
        what: what the bar says is done.
        unit: what is counted.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield lambda done, total: None
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a notebook has no widgets: there is a bar of text then
            from tqdm.auto import tqdm
        with tqdm(desc=what, unit=unit) as bar:

            def show(done: int, total: int) -> None:
                if bar.total != total:
                    bar.reset(total)
                bar.update(done - bar.n)

            yield show
