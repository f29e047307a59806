/// Markup that is safe by construction: literals are trusted, and every interpolated text is escaped.
///
/// So outside text can reach a page only as text. Attribute values must be in double quotes.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) { self.text = value }
    init(stringInterpolation: StringInterpolation) { self.text = stringInterpolation.text }

    /// Wraps the output of another safe renderer.
    init(trusted text: String) { self.text = text }

    var utf8: [UInt8] { Array(self.text.utf8) }

    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    static func join(_ parts: some Sequence<HTML>, separator: String = "") -> HTML {
        HTML(trusted: parts.map(\.text).joined(separator: separator))
    }

    static func escaped(_ value: String) -> String {
        var result = ""
        result.reserveCapacity(value.utf8.count)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            self.text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: String) { self.text += literal }
        mutating func appendInterpolation(_ value: String) { self.text += HTML.escaped(value) }
        mutating func appendInterpolation(_ value: Int) { self.text += String(value) }
        mutating func appendInterpolation(_ value: HTML) { self.text += value.text }
    }
}
