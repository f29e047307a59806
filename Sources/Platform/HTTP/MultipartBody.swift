/// The body of a `multipart/form-data` request (RFC 7578). Pure.
package struct MultipartBody: Sendable {
    private let boundary: String
    private var parts: [UInt8] = []

    /// - Parameter boundary: Random, so that no part can contain it; letters, digits and hyphens.
    package init(boundary: String) { self.boundary = boundary }

    package var contentType: String { "multipart/form-data; boundary=\(self.boundary)" }
    package var bytes: [UInt8] { self.parts + Array("--\(self.boundary)--\r\n".utf8) }

    package mutating func add(_ name: String, _ value: some Sequence<UInt8>) {
        self.begin("name=\"\(Self.quoted(name))\"\r\n\r\n")
        self.parts += value
        self.parts += "\r\n".utf8
    }

    package mutating func add(_ name: String, file bytes: [UInt8], named fileName: String, mediaType: String) {
        self.parts.reserveCapacity(self.parts.count + bytes.count + 1_024)
        self.begin("name=\"\(Self.quoted(name))\"; filename=\"\(Self.quoted(fileName))\"\r\n")
        self.parts += "Content-Type: \(Self.type(mediaType))\r\n\r\n".utf8
        self.parts += bytes
        self.parts += "\r\n".utf8
    }

    private mutating func begin(_ disposition: String) {
        self.parts += "--\(self.boundary)\r\nContent-Disposition: form-data; \(disposition)".utf8
    }

    /// Percent-encodes quotes and line breaks, as browsers do, and drops other control characters.
    private static func quoted(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            default: if scalar.value >= 0x20 { text.unicodeScalars.append(scalar) }
            }
        }
        return text.isEmpty ? "file" : text
    }

    private static func type(_ type: String) -> String {
        let isPlain = type.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isPlain && type.contains("/") ? type : "application/octet-stream"
    }
}
