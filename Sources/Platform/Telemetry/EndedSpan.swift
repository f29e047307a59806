package import JSON
internal import Primitives

/// A span that waits to be sent.
struct EndedSpan: Sendable {
    let span: Span
    let end: UInt64
    let attributes: JSONObject
    let hasFailed: Bool
    /// Why it failed, where texts are allowed.
    let message: String?

    /// Roughly the memory that it takes.
    var size: Int {
        self.attributes.reduce(512) { size, member in
            size + 96 + member.key.utf8.count + min(member.value.stringValue?.utf8.count ?? 0, OTLP.textLimit)
        }
    }

    var json: JSON {
        var span: JSONObject = [
            "traceId": .string(self.span.context.traceID), "spanId": .string(self.span.context.spanID),
            "name": .string(self.span.name), "kind": JSON(self.span.kind.rawValue),
            "startTimeUnixNano": .string("\(self.span.start)"), "endTimeUnixNano": .string("\(self.end)"),
            "attributes": OTLP.attributes(self.attributes),
        ]
        if let parent = self.span.parent { span["parentSpanId"] = .string(TraceContext.hex(parent)) }
        if self.hasFailed {
            var status: JSONObject = ["code": 2]
            status["message"] = self.message.map { .string($0.beginning(bytes: OTLP.textLimit)) }
            span["status"] = .object(status)
        }
        return .object(span)
    }
}

/// The forms of OTLP's JSON.
package enum OTLP {
    /// Longer texts are cut.
    static let textLimit = 16 * 1024

    package static func attributes(_ members: JSONObject) -> JSON {
        .array(members.map { ["key": .string($0.key), "value": Self.value($0.value)] })
    }

    private static func value(_ value: JSON) -> JSON {
        switch value {
        case .bool: ["boolValue": value]
        case .integer(let number): ["intValue": .string("\(number)")]  // 64 bits are text in protobuf's JSON
        case .number: ["doubleValue": value]
        case .string(let text): ["stringValue": .string(text.beginning(bytes: Self.textLimit))]
        case .array(let items): ["arrayValue": ["values": .array(items.map(Self.value))]]
        case .object, .null: ["stringValue": .string(value.text.beginning(bytes: Self.textLimit))]
        }
    }
}
