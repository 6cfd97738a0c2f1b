"""The REST API: HTTP in, HTTP out. What a task is and how it is done lies elsewhere."""

import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import FormData, UploadFile

from ser_demo.api.address import own_address
from ser_demo.api.backend import Backend
from ser_demo.api.first_look import FirstLook
from ser_demo.api.form import read_form
from ser_demo.api.metrics import Metrics
from ser_demo.api.query import ChannelMode, Channels, Emotions, MaxSpeechLength, RangeFrom, RangeTo, to_selection
from ser_demo.api.schemas import Health, StartedTask, TaskStatus, problems
from ser_demo.api.store import QueueFullError, StoreError, StoreFullError
from ser_demo.api.store_threads import StoreThreads
from ser_demo.api.task import Order, Task
from ser_demo.audio import source_name
from ser_demo.settings import Settings

PATH = "/api/technology/emotion-recognition"
RETRY_AFTER = "5"  # seconds until a full queue has moved on
MOST_FIELDS = 10  # of a form; one is needed

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A recording: WAV, FLAC, MP3, Ogg, M4A, MP4, WebM and more",
                        }
                    },
                }
            }
        },
    }
}
_POLLING = {"description": "Where to ask how the task stands", "schema": {"type": "string", "format": "uri"}}
_ALWAYS = {  # what any request may end in
    "_401": "A key is needed, or the one sent is not known",
    "_403": "A page of another site asks",
    "_500": "A fault of the server",
}
_STORE_PROBLEMS = {"_503": "The tasks cannot be reached; Retry-After says when to try again"}


class _PlainRoute(APIRoute):
    """A route all of whose errors have the form `{"detail": "..."}`, with one plain line."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def plainly(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                is_pattern = first["type"] == "string_pattern_mismatch"  # which says nothing to most people
                problem = "are numbers of channels, as in 0 or 0,1" if is_pattern else first["msg"]
                raise HTTPException(422, f"{first['loc'][1]}: {problem}.") from error
            except StoreFullError as error:
                raise HTTPException(507, str(error)) from error
            except QueueFullError as error:
                raise HTTPException(429, str(error), {"Retry-After": RETRY_AFTER}) from error
            except StoreError as error:
                raise HTTPException(503, str(error), {"Retry-After": RETRY_AFTER}) from error

        return plainly


def make_router(backend: Backend, settings: Settings, metrics: Metrics, is_ready: Callable[[], bool]) -> APIRouter:
    """The routes of the service; `is_ready` says whether recordings are analysed."""
    router = APIRouter(route_class=_PlainRoute)
    store = backend.store
    threads = StoreThreads()
    look = FirstLook(settings.limits)

    @router.post(
        PATH,
        summary="Emotion recognition: start a task",
        tags=["Emotion recognition"],
        status_code=202,
        response_model=StartedTask,
        openapi_extra=_FORM,
        responses={
            202: {"headers": {"Location": _POLLING, "X-Location": _POLLING}},
            **problems(
                _400="No file was sent",
                _413="The file is too large",
                _415="The file is no recording",
                _422="A parameter is not allowed",
                _429="Too many recordings are waiting, or came from you; Retry-After says when to try again",
                _507="There is no room for the recording",
                **_ALWAYS,
                **_STORE_PROBLEMS,
            ),
        },
    )
    async def start(
        request: Request,
        channels: Channels = [],  # noqa: B006  FastAPI copies it
        channel_mode: ChannelMode = "split",
        range_from: RangeFrom = 0.0,
        range_to: RangeTo = None,
        max_speech_length: MaxSpeechLength = None,
        emotions: Emotions = "basic",
    ) -> JSONResponse:
        """Send a recording. The answer comes at once and says where to ask for the result; ask until the state is done,
        failed or rejected."""
        try:
            selection = to_selection(channels, channel_mode, range_from, range_to, max_speech_length)
        except ValueError as error:
            raise HTTPException(422, f"{error}.") from error
        if await threads.ask(store.waiting) >= settings.max_waiting:
            raise QueueFullError(f"{settings.max_waiting} recordings are waiting already. Try again later.")
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise _no_file()  # a recording that is sent as the body itself is not read
        async with read_form(request, max_files=1, max_fields=MOST_FIELDS) as form:
            file, name = _file_of(form, settings.limits.max_bytes)
            if problem := await look.problem(file, name):
                raise HTTPException(415, problem)
            task = Task(Order(name, selection, emotions), accepted=time.time())
            await threads.bring(partial(_accept, backend, task, file, settings.max_waiting))
        address = f"{own_address(request)}{PATH}/{task.task_id}"
        return JSONResponse(
            {"task": {"task_id": task.task_id, "state": task.state}},
            status_code=202,
            headers={"Location": address, "X-Location": address},
        )

    @router.get(
        f"{PATH}/{{task_id}}",
        summary="Emotion recognition: how a task stands, and its result",
        tags=["Emotion recognition"],
        response_model=TaskStatus,
        responses=problems(_404="There is no such task, or it was deleted", **_ALWAYS, **_STORE_PROBLEMS),
    )
    async def status(task_id: str) -> JSONResponse:
        """Ask until the state is done, failed or rejected. A result is kept for a limited time."""
        task = await threads.ask(partial(store.get, task_id))
        if task is None:
            raise _unknown()
        return JSONResponse(
            {"task": {"task_id": task_id, "state": task.state}, "result": task.result, "error": task.error}
        )

    @router.delete(
        f"{PATH}/{{task_id}}",
        summary="Emotion recognition: delete a task",
        tags=["Emotion recognition"],
        status_code=204,
        responses=problems(_404="There is no such task", **_ALWAYS, **_STORE_PROBLEMS),
    )
    async def delete(task_id: str) -> Response:
        """Delete a task with its recording and its result, whatever its state."""
        if not await threads.ask(partial(store.delete, task_id)):
            raise _unknown()
        return Response(status_code=204)

    @router.get(
        "/health",
        summary="Whether the service is live and ready",
        tags=["Operations"],
        response_model=Health,
        openapi_extra={"security": []},  # whoever watches the service has no key
        responses={503: {"model": Health, "description": "Not ready"}},
    )
    async def health() -> JSONResponse:
        try:
            await threads.ask(store.waiting)
            ready = is_ready()
        except StoreError:
            ready = False
        return JSONResponse({"live": True, "ready": ready}, status_code=200 if ready else 503)

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        tags=["Operations"],
        response_class=Response,
        responses=problems(**_ALWAYS, **_STORE_PROBLEMS),
    )
    async def figures() -> Response:
        return Response(await threads.ask(metrics.text), media_type=CONTENT_TYPE_LATEST)

    return router


def _file_of(form: FormData, max_bytes: int) -> tuple[UploadFile, str]:
    """The file that was sent, and what messages call it."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise _no_file()
    name = source_name(b"", file.filename)
    if (file.size or 0) > max_bytes:
        raise HTTPException(413, f"{name}: it has more than {max_bytes} bytes. Split it.")
    return file, name


def _accept(backend: Backend, task: Task, file: UploadFile, most_waiting: int) -> None:
    """Store the task and let a worker know; when this returns, the task will not be lost."""
    backend.store.add(task, file.file, most_waiting)
    try:
        backend.enqueue(task.task_id)
    except StoreError:
        backend.store.delete(task.task_id)
        raise


def _no_file() -> HTTPException:
    return HTTPException(400, "no file was sent. Send it as the field 'file' of a multipart form.")


def _unknown() -> HTTPException:
    return HTTPException(404, "there is no such task. Its sender may have deleted it, or its time was up.")
