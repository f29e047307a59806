internal import Primitives

/// A time in a document: RFC 3339 in UTC.
package struct Timestamp: Sendable, Codable, Hashable {
    /// Since 1970.
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let time = CivilTime.milliseconds(rfc3339: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a time such as 2026-01-31T12:00:00Z"))
        }
        self.milliseconds = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(CivilTime(milliseconds: self.milliseconds).rfc3339)
    }
}
