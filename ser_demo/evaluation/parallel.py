"""All cores at once: recordings are heard one by one, and one alone hardly keeps more than a core busy."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def on_all_cores(function: Callable[[Item], Outcome], items: Iterable[Item]) -> Iterator[Outcome]:
    """What `function` gives for each of the items, in their order.

    Threads do, as decoders, the speech detector and networks compute outside of Python's lock. Meanwhile no network
    computes on several cores by itself.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(function, items)
    finally:
        torch.set_num_threads(threads)
