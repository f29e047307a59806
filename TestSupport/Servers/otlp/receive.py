"""Receives OTLP over HTTP in JSON, read by protobuf's own parser, until standard input ends.

Prints one JSON line with its port, then one for each request: its headers and its spans or metrics. Standard input says how
it answers from then on, a JSON line each: {"status": 503, "headers": {"Retry-After": "1"}}.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

answer = {"status": 200, "headers": {}}
printing = threading.Lock()


def say(value):
    with printing:
        print(json.dumps(value), flush=True)


def with_base64_ids(value):
    """OTLP writes ids in hexadecimal, which protobuf's JSON would read as base64 without complaint."""
    if isinstance(value, list):
        return [with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    read = {}
    for name, item in value.items():
        if name in ("traceId", "spanId", "parentSpanId"):
            item = base64.b64encode(bytes.fromhex(item)).decode()
        read[name] = with_base64_ids(item)
    return read


def plain(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def members(attributes):
    return {attribute.key: plain(attribute.value) for attribute in attributes}


def spans(body):
    request = json_format.ParseDict(with_base64_ids(body), ExportTraceServiceRequest())
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                assert len(span.trace_id) == 16 and len(span.span_id) == 8, "the length of an id"
                assert len(span.parent_span_id) in (0, 8), "the length of a parent's id"
                assert span.end_time_unix_nano >= span.start_time_unix_nano > 0, "times"
                yield {
                    "trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                    "name": span.name, "kind": span.kind, "attributes": members(span.attributes),
                    "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "status": span.status.code, "message": span.status.message,
                    "service": members(resource.resource.attributes).get("service.name"),
                }


def metrics(body):
    request = json_format.ParseDict(body, ExportMetricsServiceRequest())
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    shown = {"name": metric.name, "kind": kind, "labels": members(point.attributes)}
                    if kind == "histogram":
                        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1, "buckets"
                        assert sum(point.bucket_counts) == point.count, "the sum of the buckets"
                        yield {**shown, "count": point.count, "sum": point.sum}
                    else:
                        yield {**shown, "value": getattr(point, point.WhichOneof("value"))}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body, reply = self.rfile.read(int(self.headers["Content-Length"])), answer
        received = {"path": self.path, "type": self.headers["Content-Type"], "key": self.headers["X-Key"]}
        try:
            if reply["status"] == 200:
                read = spans if self.path.endswith("/v1/traces") else metrics
                received["items"] = list(read(json.loads(body)))
        except Exception as error:  # The test shows it.
            received["error"] = repr(error)
        # First, so that whoever has the answer finds it said.
        say(received)
        self.send_response(reply["status"])
        for name, value in reply.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
say({"port": server.server_port})
for line in sys.stdin:
    answer = json.loads(line)
    say({"answers": answer["status"]})
