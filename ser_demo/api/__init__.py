"""The service that other programs use: REST tasks that are not lost, and the rules that every request must pass.

    routes (HTTP) -> store (tasks and recordings) -> backend's broker -> workers -> perform -> recogniser

The workers are never in the server's own process: `worker_process` starts and watches one beside it, and with Redis
they are wherever `python -m ser_demo work` runs.

`backend` chooses where tasks live: SQLite in a folder, or Redis. `guard`, `body_bound` and `request_figures` stand in
front of all routes, of the page's as well.
"""

from ser_demo.api.backend import open_backend
from ser_demo.api.files import Files
from ser_demo.api.service import Service
from ser_demo.api.task_log import show
from ser_demo.api.worker_process import WorkerProcess, work
from ser_demo.api.workers import Workers

__all__ = ["Files", "Service", "WorkerProcess", "Workers", "open_backend", "show", "work"]
