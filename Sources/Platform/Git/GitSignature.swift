/// The name, address and time in a commit's header.
package struct GitSignature: Hashable, Sendable {
    package let name: String
    package let mail: String
    /// Seconds since 1970-01-01 00:00 UTC.
    package let seconds: Int64
    /// The author's offset from UTC.
    package let offsetMinutes: Int

    /// Removes characters that a commit header can't contain (`<`, `>`, control characters) from name and mail; an
    /// empty one becomes `unknown`.
    package init(name: String, mail: String, seconds: Int64, offsetMinutes: Int = 0) {
        self.name = Self.clean(name)
        self.mail = Self.clean(mail)
        self.seconds = max(seconds, 0)
        self.offsetMinutes = offsetMinutes
    }

    private static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, UInt32(UInt8(ascii: "<")), UInt32(UInt8(ascii: ">")): scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        // Git strips these at both ends; the rest may be empty.
        let edges: Set<Unicode.Scalar> = [" ", ".", ",", ":", ";", "\"", "'", "\\"]
        let start = scalars.firstIndex { !edges.contains($0) } ?? scalars.endIndex
        let end = scalars.lastIndex { !edges.contains($0) }.map(scalars.index(after:)) ?? scalars.endIndex
        guard start < end else { return "unknown" }
        return String(scalars[start..<end])
    }
}
