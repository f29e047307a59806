package import JSON
internal import Primitives

/// A time in a document: RFC 3339 in UTC.
package struct Timestamp: PlainValue, Hashable {
    /// Since 1970.
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static var schema: Schema { Schema(.string, note: MemberNote(format: "date-time")) }

    package func write(to json: inout JSONWriter) {
        json.write(CivilTime(milliseconds: self.milliseconds))
    }

    package static func read(_ json: JSON) -> Self? {
        json.stringValue.flatMap { CivilTime.milliseconds(rfc3339: $0) }.map(Self.init)
    }
}
