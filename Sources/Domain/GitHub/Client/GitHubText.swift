internal import Logging
internal import Primitives

/// Texts from a server, made safe for a message to people.
package enum GitHubText {
    /// One line without secrets, control characters and characters that change the direction of text.
    package static func line(_ text: String, limit: Int = 200) -> String {
        let kept = text.unicodeScalars.prefix(limit * 8).map { scalar -> Unicode.Scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control ? " " : scalar
        }
        let visible = kept.filter { $0.properties.generalCategory != .format || $0 == "\u{200D}" }
        let words = String(String.UnicodeScalarView(visible)).split(separator: " ")
        return Redaction.redact(words.joined(separator: " ")).abridged(to: limit)
    }

    /// A span of seconds in words: `42 s`, `3 min`.
    static func span(_ seconds: Int64) -> String {
        seconds < 120 ? "\(seconds) s" : "\((seconds + 59) / 60) min"
    }

    /// A time of day, `14:05 UTC`.
    static func time(_ seconds: Int64) -> String {
        "\(CivilTime(seconds: seconds).clock.prefix(5)) UTC"
    }
}
