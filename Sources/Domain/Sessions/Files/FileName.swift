/// Makes untrusted file names safe. Pure.
package enum FileName {
    /// The maximum length of a name, in bytes.
    static let limit = 100

    /// A name that is neither a path nor hidden nor an option of a command, has no invisible characters, and can be shown as
    /// code in Markdown.
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
        let shown = kept.drop { $0 == "." || $0 == "-" || $0.properties.isWhitespace }
        return shown.isEmpty ? "file" : Self.shortened(String(shown))
    }

    /// Controls, line and paragraph separators, and direction marks.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        default: false
        }
    }

    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > Self.limit else { return name }
        let ending = name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
        let kept = ending.utf8.count <= 16 ? ending : ""
        var head = name.dropLast(kept.count)
        while head.utf8.count + kept.utf8.count > Self.limit { head = head.dropLast() }
        // One letter may have more marks than fit into a name.
        return (head.isEmpty ? "file" : head) + kept
    }
}
