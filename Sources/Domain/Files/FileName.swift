internal import Primitives

/// Makes untrusted file names safe. Pure.
package enum FileName {
    /// The maximum length of a name, in bytes.
    static let limit = 100

    /// A name that is neither a path nor `.git` nor an option of a command, has no invisible characters, and can be shown
    /// as code in Markdown. The dot of a hidden file stays.
    ///
    /// Works on scalars: a slash or dot followed by a combining mark or joiner is another `Character`, but to the file
    /// system the same byte.
    package static func sanitized(_ name: String) -> String {
        let parts = name.unicodeScalars.split(whereSeparator: { $0 == "/" || $0 == "\\" })
        var kept = String.UnicodeScalarView()
        for scalar in parts.last ?? Substring.UnicodeScalarView() where !Self.isInvisible(scalar) {
            kept.append("`\"<>:|?*".unicodeScalars.contains(scalar) ? "_" : scalar)
        }
        while let last = kept.last, last.properties.isWhitespace { kept.removeLast() }
        let named = kept.drop { $0 == "-" || $0.properties.isWhitespace }
        let plain = named.drop { $0 == "." || $0 == "-" || $0.properties.isWhitespace }
        guard !plain.isEmpty else { return "file" }
        // Never `.` or `..`, because the rest begins with something else.
        let rest = Self.shortened(String(plain), to: Self.limit - 1)
        guard named.first == ".", !Self.meansGit(rest) else { return Self.shortened(String(plain)) }
        return ".\(rest)"
    }

    /// Whether some system reads a name as `.git` if a dot is before it: case, characters without a shape, and dots and
    /// spaces at the end may not count there.
    private static func meansGit(_ plain: String) -> Bool {
        var name = plain.lowercased()
        name.unicodeScalars.removeAll { $0.properties.isDefaultIgnorableCodePoint }
        while let last = name.last, last == " " || last == "." { name.removeLast() }
        return name == "git"
    }

    /// Controls, line and paragraph separators, and direction marks.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        default: false
        }
    }

    private static func shortened(_ long: String, to limit: Int = FileName.limit) -> String {
        guard long.utf8.count > limit else { return long }
        // What was removed may have been between two runs of marks.
        let name = StreamSafeText.of(long)
        let ending = name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
        let kept = ending.utf8.count <= 16 ? ending : ""
        var head = name.dropLast(kept.count)
        while head.utf8.count + kept.utf8.count > limit { head = head.dropLast() }
        // One letter may have more marks than fit into a name.
        return (head.isEmpty ? "file" : head) + kept
    }
}
