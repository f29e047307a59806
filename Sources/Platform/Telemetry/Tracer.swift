package import JSON
internal import Primitives

/// Makes spans, and keeps the ended ones until the exporter sends them. Never waits.
package final class Tracer: Sendable {
    private struct State {
        var ended: [EndedSpan] = []
        var size = 0
        var dropped: UInt64 = 0
        var contexts: [String: TraceContext] = [:]
        /// The keys of ``contexts``, oldest first.
        var keys: [String] = []
    }

    package let settings: TelemetrySettings
    /// Nanoseconds since 1970.
    let clock: @Sendable () -> UInt64
    /// Signalled when a span ends.
    let arrival = Signal()
    private let state = Protected(State())

    /// In bytes: further spans are dropped while the collector does not take these.
    private static let sizeLimit = 2 << 20
    private static let contextLimit = 4_096

    package init(_ settings: TelemetrySettings, clock: @escaping @Sendable () -> UInt64 = Tracer.time) {
        self.settings = settings
        self.clock = clock
    }

    @Sendable package static func time() -> UInt64 { UInt64(WallClock.nanoseconds()) }

    /// - Parameter parent: Nil begins a trace.
    package func span(
        _ name: String, _ kind: SpanKind = .internal, attributes: JSONObject = [:], parent: TraceContext?
    ) -> Span {
        Span(
            name, kind, attributes, in: parent?.child() ?? .root(), parent: parent?.span, start: self.clock(),
            tracer: self)
    }

    /// Spans that were dropped since the start, because the collector was late or refused them.
    package var dropped: UInt64 { self.state.withLock { $0.dropped } }

    /// Counts spans that the exporter did not get rid of.
    func drop(_ count: Int) { self.state.withLock { $0.dropped += UInt64(count) } }

    // MARK: What continues elsewhere

    /// Remembers where the spans of something that outlives a task belong, such as a turn.
    package func keep(_ context: TraceContext, for key: String) {
        self.state.withLock { state in
            if state.contexts.updateValue(context, forKey: key) == nil { state.keys.append(key) }
            guard state.keys.count > Self.contextLimit else { return }
            for old in state.keys.prefix(Self.contextLimit / 4) { state.contexts[old] = nil }
            state.keys.removeFirst(Self.contextLimit / 4)
        }
    }

    package func context(for key: String) -> TraceContext? { self.state.withLock { $0.contexts[key] } }

    // MARK: The queue

    func take(_ span: EndedSpan) {
        let size = span.size
        let isTaken = self.state.withLock { state in
            guard state.size + size <= Self.sizeLimit else {
                state.dropped += 1
                return false
            }
            state.size += size
            state.ended.append(span)
            return true
        }
        if isTaken { self.arrival.signal() }
    }

    /// The oldest ended spans, up to `limit` bytes, but at least one.
    func batch(upTo limit: Int) -> [EndedSpan] {
        self.state.withLock { state in
            var (count, size) = (0, 0)
            while count < state.ended.count, count == 0 || size + state.ended[count].size <= limit {
                size += state.ended[count].size
                count += 1
            }
            let batch = Array(state.ended.prefix(count))
            state.ended.removeFirst(count)
            state.size -= size
            return batch
        }
    }
}
