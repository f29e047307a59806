internal import Primitives

/// The place of a span in its trace, as W3C Trace Context writes it.
package struct TraceContext: Sendable, Hashable {
    let traceHigh: UInt64
    let traceLow: UInt64
    let span: UInt64
    /// Whether the spans of the trace are recorded.
    let isSampled: Bool

    init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, isSampled: Bool) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.isSampled = isSampled
    }

    /// The beginning of a trace.
    static func root() -> Self {
        Self(traceHigh: Self.random(), traceLow: Self.random(), span: Self.random(), isSampled: true)
    }

    func child() -> Self {
        Self(traceHigh: self.traceHigh, traceLow: self.traceLow, span: Self.random(), isSampled: self.isSampled)
    }

    private static func random() -> UInt64 { UInt64.random(in: 1...UInt64.max) }

    // MARK: The header `traceparent`

    /// Nil for a value that the standard calls invalid. Later versions may append fields.
    package init?(traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let version = Self.number(parts[0], digits: 2), version != 0xFF,
            version > 0 || parts.count == 4, parts[1].utf8.count == 32,
            let high = Self.number(parts[1].prefix(16), digits: 16),
            let low = Self.number(parts[1].suffix(16), digits: 16), high != 0 || low != 0,
            let span = Self.number(parts[2], digits: 16), span != 0, let flags = Self.number(parts[3], digits: 2)
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 == 1)
    }

    package var traceparent: String { "00-\(self.traceID)-\(self.spanID)-\(self.isSampled ? "01" : "00")" }

    package var traceID: String { Self.hex(self.traceHigh) + Self.hex(self.traceLow) }
    var spanID: String { Self.hex(self.span) }

    static func hex(_ number: UInt64) -> String { number.digits(16, radix: 16) }

    private static func number(_ text: Substring, digits: Int) -> UInt64? {
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return text.utf8.count == digits && isHex ? UInt64(text, radix: 16) : nil
    }
}
