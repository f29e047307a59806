internal import HTTP

/// The directives of `Cache-Control` (RFC 9111 §5.2). Pure.
struct CacheControl: Sendable, Equatable {
    /// Names in lower case; values without quotes, or empty.
    private var directives: [String: String] = [:]

    init(_ headers: HTTPHeaders) {
        guard headers.contains(anyOf: [.cacheControl, .pragma]) else { return }
        for element in Self.elements(headers.values(of: "cache-control")) {
            let parts = element.split(separator: "=", maxSplits: 1)
            guard let name = parts.first.map({ String($0.utf8.trimmingBlanks()).lowercased() }), !name.isEmpty else {
                continue
            }
            let value = parts.count > 1 ? String(parts[1].utf8.trimmingBlanks()).filter { $0 != "\"" } : ""
            // Of two values the stricter one applies: caches must not guess.
            if let old = self.directives[name].flatMap({ Int($0) }), let new = Int(value), new > old { continue }
            self.directives[name] = value
        }
        if self.directives.isEmpty, headers.contains("pragma", token: "no-cache") { self.directives["no-cache"] = "" }
    }

    func has(_ name: String) -> Bool { self.directives[name] != nil }

    /// Seconds. An invalid number counts as 0, so that nothing is kept too long.
    func seconds(_ name: String) -> Int? {
        self.directives[name].map { Self.seconds(of: $0) ?? 0 }
    }

    /// Reads a number of seconds; nil if it is not a valid one. A large one means a very long time, 2^31 - 1 s
    /// (RFC 9111 §1.2.2), so sums cannot overflow.
    static func seconds(of text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(ByteSet.digits.contains) else { return nil }
        let most = Int(Int32.max)
        return min(Int(text) ?? most, most)
    }

    /// Splits at commas outside quotes.
    private static func elements(_ values: [String]) -> [String] {
        values.flatMap { value in
            var elements: [String] = []
            var element = ""
            var isQuoted = false
            for scalar in value.unicodeScalars {
                if scalar == "\"" { isQuoted.toggle() }
                if scalar == ",", !isQuoted {
                    elements.append(element)
                    element = ""
                } else {
                    element.unicodeScalars.append(scalar)
                }
            }
            return elements + [element]
        }
    }
}
