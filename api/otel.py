"""Traces to an OpenTelemetry collector, where one is named; needs the extra `otel`."""

from collections.abc import Mapping
from importlib.metadata import version

from fastapi import FastAPI

from api.tracing import Trace, trace_of
from forecaster.domain.errors import BadSetting

SETTING = "SECTORCAST_OTEL_ENDPOINT"
QUIET = "healthz,readyz,metrics"  # asked every few seconds by machines


def instrument(app: FastAPI, *, endpoint: str) -> None:
    """Send a span for each request to a collector; spans that it does not take are lost, requests are not.

    Args:
        app: whole, but for what stands around it.
        endpoint: of the collector, OTLP over HTTP, such as http://127.0.0.1:4318.

    Raises:
        BadSetting: the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # extra
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415  # extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # extra
    except ModuleNotFoundError as error:
        what = f"traces need {error.name}, which is not installed. Install sectorcast[otel], or unset it."
        raise BadSetting(name=SETTING, what=what) from None
    resource = Resource.create({"service.name": "sectorcast", "service.version": version("sectorcast")})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, excluded_urls=QUIET)


def span_of(headers: Mapping[str, str]) -> Trace:
    """The trace of a request as its span has it; its own where it has none."""
    from opentelemetry.trace import get_current_span  # noqa: PLC0415  # extra

    own, span = trace_of(headers), get_current_span().get_span_context()
    if not span.is_valid:
        return own
    return own._replace(
        trace_id=f"{span.trace_id:032x}", span_id=f"{span.span_id:016x}", flags=f"{int(span.trace_flags):02x}"
    )
