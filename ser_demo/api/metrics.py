"""Figures for Prometheus: of this server's requests, and of all tasks, whichever worker does them."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ser_demo.api.store import StoreError, TaskStore
from ser_demo.api.task import AUDIO_SECONDS, ERRORS, TASKS

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """The figures that one server tells; those of tasks come from the store."""

    def __init__(self, store: TaskStore) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ser_requests", "HTTP requests by route, method and status", ["route", "method", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._latency = Histogram(
            "ser_request_seconds", "Time until the answer began", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._registry.register(_TaskFigures(store))

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All figures in Prometheus' format."""
        return generate_latest(self._registry)


class _TaskFigures(Collector):
    """The store's figures; none where it cannot be reached, which Prometheus tells from zero."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        try:
            waiting, figures = self._store.waiting(), self._store.figures()
        except StoreError:
            return
        yield GaugeMetricFamily("ser_queue_length", "Tasks that wait or run", waiting)
        yield CounterMetricFamily(
            "ser_audio_seconds", "Seconds of audio that were analysed", figures.get(AUDIO_SECONDS, 0.0)
        )
        for prefix, name, description, label in (
            (TASKS, "ser_tasks", "Tasks that ended, by state", "state"),
            (ERRORS, "ser_errors", "Tasks that ended badly, by kind of error", "kind"),
        ):
            family = CounterMetricFamily(name, description, labels=[label])
            for figure, value in figures.items():
                if figure.startswith(prefix):
                    family.add_metric([figure.removeprefix(prefix)], value)
            yield family
