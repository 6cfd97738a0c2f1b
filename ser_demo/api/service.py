"""Everything but the page: the routes, what stands in front of them, and the process that works for them."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from ser_demo.api import assistants
from ser_demo.api.backend import open_backend
from ser_demo.api.body_bound import BodyBound
from ser_demo.api.docs import docs_routes
from ser_demo.api.failures import Failures
from ser_demo.api.guard import Guard
from ser_demo.api.metrics import Metrics
from ser_demo.api.other_forms import other_forms
from ser_demo.api.rate_limit import RateLimit
from ser_demo.api.request_figures import RequestFigures
from ser_demo.api.routes import PATH, make_router
from ser_demo.api.worker_process import WorkerProcess
from ser_demo.settings import Settings
from ser_demo.upload_folder import receiving_folder

ANSWER_SECONDS = 2.0  # that Redis may take for a request's question; then the request is answered with 503


class Service:
    """The REST API and the rules that hold for every request, for the page's as well.

    Args:
        settings: says where tasks live, who may send them, and how many.
        workers: runs while the service runs, and analyses what it accepts; None where others do, as with Redis.

    Raises:
        SettingsError: the state folder or the queue cannot be used.
    """

    def __init__(self, settings: Settings, workers: WorkerProcess | None) -> None:
        self._backend = open_backend(settings, ANSWER_SECONDS)
        self._metrics = Metrics(self._backend.store)
        self._workers = workers
        self._routes = make_router(self._backend, settings, self._metrics, self._is_ready).routes
        self._settings = settings
        self._own_key = secrets.token_urlsafe()

    @property
    def app_arguments(self) -> dict[str, Any]:
        """What a FastAPI application is made with in order to be this service."""
        bounds, rate = self._settings.limits, self._settings.rate_limit
        keys = self._settings.api_keys and (*self._settings.api_keys, self._own_key)
        rate_limit = None if rate is None else RateLimit(rate, self._settings.queue)
        uploads = {PATH: tempfile.gettempdir, "/gradio_api/upload": receiving_folder}
        routes = [*self._routes, *docs_routes(self._routes, needs_key=bool(self._settings.api_keys))]
        return {
            "openapi_url": None,  # it would list Gradio's routes, which are no interface
            "routes": [*routes, *other_forms(routes)],
            "middleware": [
                Middleware(RequestFigures, metrics=self._metrics),
                Middleware(Failures),
                Middleware(Guard, api_keys=keys, rate_limit=rate_limit),
                Middleware(BodyBound, max_bytes=bounds.max_bytes, uploads=uploads),
            ],
            "lifespan": self._lifespan,
        }

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Runs the workers while the application runs."""
        if self._settings.api_keys:
            assistants.let_in(app, self._own_key)
        if self._workers is not None:
            self._workers.start()
        yield
        if self._workers is not None:
            await run_in_threadpool(self._workers.stop)
        self._backend.close()

    def _is_ready(self) -> bool:
        return self._workers is None or self._workers.is_ready()
