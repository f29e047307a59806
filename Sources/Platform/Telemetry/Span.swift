package import JSON
internal import Primitives

/// What a span describes, by its number in OTLP.
package enum SpanKind: Int, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5
}

/// A step of a trace, from its creation to ``end()``.
package final class Span: Sendable {
    /// The span of the current task. Nil while telemetry is off, and outside of traces.
    @TaskLocal package static var current: Span?

    private struct State {
        var attributes: JSONObject
        var hasFailed = false
        var message: String?
        var hasEnded = false
    }

    package let context: TraceContext
    let parent: UInt64?
    let name: String
    let kind: SpanKind
    /// Nanoseconds since 1970.
    let start: UInt64
    private let tracer: Tracer
    private let state: Protected<State>

    init(
        _ name: String, _ kind: SpanKind, _ attributes: JSONObject, in context: TraceContext, parent: UInt64?,
        start: UInt64, tracer: Tracer
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.start = start
        self.tracer = tracer
        self.state = Protected(State(attributes: attributes))
    }

    /// Whether texts of people and models may be in attributes.
    package var hasContent: Bool { self.tracer.settings.hasContent }

    package func child(_ name: String, _ kind: SpanKind = .internal, attributes: JSONObject = [:]) -> Span {
        self.tracer.span(name, kind, attributes: attributes, parent: self.context)
    }

    package func set(_ name: String, _ value: JSON) { self.state.withLock { $0.attributes[name] = value } }

    /// Seconds since the span began.
    package var seconds: Double { Double(self.time - self.start) / 1e9 }

    /// Now, but never before the span began: people and time servers may set the clock back.
    private var time: UInt64 { max(self.tracer.clock(), self.start) }

    /// - Parameters:
    ///   - type: One of few words, without texts of people.
    ///   - message: Left out unless texts are allowed.
    package func fail(_ type: String, _ message: String? = nil) {
        self.state.withLock { state in
            state.attributes["error.type"] = .string(type)
            state.hasFailed = true
            state.message = self.hasContent ? message : nil
        }
    }

    /// Hands the span to the exporter; later calls have no effect.
    package func end() {
        guard self.context.isSampled else { return }
        let now = self.time
        let ended = self.state.withLock { state -> State? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            defer { state.attributes = [:] }
            return state
        }
        guard let ended else { return }
        self.tracer.take(
            EndedSpan(
                span: self, end: now, attributes: ended.attributes, hasFailed: ended.hasFailed, message: ended.message))
    }

    /// Ends the span without a trace of it.
    package func drop() { self.state.withLock { $0.hasEnded = true } }
}

/// Runs `body` in a new child of the current span, which ends with it. Without a current span it only runs it.
package func traced<Result>(
    _ name: @autoclosure () -> String, _ kind: SpanKind = .internal, attributes: @autoclosure () -> JSONObject = [:],
    _ body: (Span?) async throws -> Result
) async throws -> Result {
    guard let current = Span.current else { return try await body(nil) }
    let span = current.child(name(), kind, attributes: attributes())
    defer { span.end() }
    do {
        return try await Span.$current.withValue(span) { try await body(span) }
    } catch {
        span.fail(error is CancellationError ? "cancelled" : "\(type(of: error))", "\(error)")
        throw error
    }
}
