/// A media type with its parameters, as in `Content-Type` (RFC 9110 §8.3.1).
package struct MediaType: Sendable, Hashable, CustomStringConvertible {
    /// One `name=value`; the name is lowercase.
    package struct Parameter: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// Lowercase.
    package let type: String
    /// Lowercase.
    package let subtype: String
    package let parameters: [Parameter]

    package init(_ type: String, _ subtype: String, charset: String? = nil) {
        self.type = type
        self.subtype = subtype
        self.parameters = charset.map { [Parameter(name: "charset", value: $0)] } ?? []
    }

    /// Parses `type/subtype; name=value; name="value"`; `nil` for anything else.
    package init?(parsing text: some StringProtocol) {
        var scanner = HTTPScanner(text)
        guard let type = scanner.token(), scanner.skip(0x2F), let subtype = scanner.token() else { return nil }
        var parameters: [Parameter] = []
        while true {
            scanner.skipBlanks()
            if scanner.isAtEnd { break }
            guard scanner.skip(0x3B) else { return nil }
            scanner.skipBlanks()
            if scanner.isAtEnd { break }  // a trailing semicolon is common and harmless
            guard let name = scanner.token(), scanner.skip(0x3D), let value = scanner.tokenOrQuoted() else {
                return nil
            }
            parameters.append(Parameter(name: name.lowercased(), value: value))
        }
        self.type = type.lowercased()
        self.subtype = subtype.lowercased()
        self.parameters = parameters
    }

    /// `type/subtype` without parameters.
    package var essence: String { "\(self.type)/\(self.subtype)" }

    package subscript(parameter: String) -> String? {
        self.parameters.first { $0.name == parameter }?.value
    }

    /// Whether it is `application/json` or ends with `+json`.
    package var isJSON: Bool { self.subtype == "json" || self.subtype.hasSuffix("+json") }

    package var description: String {
        self.parameters.reduce(into: self.essence) { text, parameter in
            let isToken = !parameter.value.isEmpty && parameter.value.utf8.allSatisfy(ByteSet.token.contains)
            text += "; \(parameter.name)=" + (isToken ? parameter.value : HTTPScanner.quoted(parameter.value))
        }
    }

    package static let json = MediaType("application", "json")
    package static let problem = MediaType("application", "problem+json")
    package static let form = MediaType("application", "x-www-form-urlencoded")
    package static let binary = MediaType("application", "octet-stream")
    package static let html = MediaType("text", "html", charset: "utf-8")
    package static let plain = MediaType("text", "plain", charset: "utf-8")
    package static let css = MediaType("text", "css", charset: "utf-8")
    package static let javaScript = MediaType("text", "javascript", charset: "utf-8")

    /// The type for a file name's extension; `application/octet-stream` for an unknown one.
    package static func ofFile(named name: String) -> MediaType {
        guard let dot = name.utf8.lastIndex(of: 0x2E) else { return .binary }
        return switch name[name.utf8.index(after: dot)...].lowercased() {
        case "html", "htm": .html
        case "css": .css
        case "js", "mjs": .javaScript
        case "json", "map": .json
        case "txt", "md": .plain
        case "svg": MediaType("image", "svg+xml")
        case "png": MediaType("image", "png")
        case "jpg", "jpeg": MediaType("image", "jpeg")
        case "gif": MediaType("image", "gif")
        case "webp": MediaType("image", "webp")
        case "ico": MediaType("image", "vnd.microsoft.icon")
        case "woff2": MediaType("font", "woff2")
        case "wasm": MediaType("application", "wasm")
        case "pdf": MediaType("application", "pdf")
        case "webmanifest": MediaType("application", "manifest+json")
        default: .binary
        }
    }
}
