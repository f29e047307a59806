/// Masks with `*` and `?`, ignoring ASCII case. Linear in practice: only the last `*` backtracks.
enum Glob {
    static func matches(pattern: String, _ text: String) -> Bool {
        Self.matches(Self.fold(Array(pattern.utf8)), Self.fold(Array(text.utf8)))
    }

    static func fold(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    }

    private static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var patternIndex = 0
        var textIndex = 0
        var retry: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
                patternIndex += 1
                retry = (patternIndex, textIndex)
            } else if patternIndex < pattern.count,
                pattern[patternIndex] == text[textIndex] || pattern[patternIndex] == UInt8(ascii: "?")
            {
                patternIndex += 1
                textIndex += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                patternIndex = last.pattern
                textIndex = last.text + 1
            } else {
                return false
            }
        }
        while patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") { patternIndex += 1 }
        return patternIndex == pattern.count
    }
}
