internal import Primitives

/// Characters that HTML writes by name or number. Pure.
enum HTMLEntities {
    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "mdash": "—", "ndash": "–",
        "hellip": "…", "copy": "©", "laquo": "«", "raquo": "»", "bull": "•", "middot": "·", "times": "×", "rarr": "→",
        "larr": "←", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
    ]

    /// Tags and entities may have been between runs of marks, so these are broken before and after.
    static func decoded(_ encoded: String) -> String {
        let text = StreamSafeText.of(encoded)
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[rest.index(after: start)...]
            let name = rest.prefix(12).prefix { $0 != ";" && $0 != "&" && !$0.isWhitespace }
            let isClosed = rest.dropFirst(name.count).first == ";"
            guard isClosed, let value = Self.character(String(name)) else {
                result += "&"
                continue
            }
            result += value
            rest = rest.dropFirst(name.count + 1)
        }
        return StreamSafeText.of(result + rest)
    }

    private static func character(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return Self.names[name] }
        let digits = name.dropFirst()
        let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap { Unicode.Scalar($0) }.map { String($0) }
    }
}
