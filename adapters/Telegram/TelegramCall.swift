internal import Chat
internal import Crypto
package import JSON

/// One call of the Bot API.
package struct TelegramCall: Sendable, Equatable {
    /// A file, which makes the call a multipart form.
    package struct File: Sendable, Equatable {
        /// The parameter's name.
        package let field: String
        package let name: String
        package let mediaType: String
        package let bytes: [UInt8]
    }

    /// The method's name in the API documentation, such as `sendMessage`.
    package let method: String
    package var parameters: JSONObject
    package var file: File?
    /// Milliseconds for the whole exchange.
    package var timeout: Int64 = 30_000

    package init(_ method: String, _ parameters: JSONObject = [:], file: File? = nil, timeout: Int64 = 30_000) {
        self.method = method
        self.parameters = parameters
        self.file = file
        self.timeout = timeout
    }

    package var chat: Int64? { self.parameters["chat_id"]?.intValue.map(Int64.init) }
}

/// A call with a file as `multipart/form-data` (RFC 7578).
struct TelegramForm {
    let contentType: String
    let bytes: [UInt8]

    init(_ parameters: JSONObject, _ file: TelegramCall.File) {
        // Random, so that no file can contain it.
        let boundary = "jetbridge-\(hex(randomBytes(16)))"
        self.contentType = "multipart/form-data; boundary=\(boundary)"
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.bytes.count + 1_024)
        for (key, value) in parameters {
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(key))\"\r\n\r\n".utf8
            // Strings go into the form as they are, other values as JSON.
            bytes += value.stringValue.map { Array($0.utf8) } ?? value.bytes
            bytes += "\r\n".utf8
        }
        bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(file.field))\"; ".utf8
        bytes += "filename=\"\(Self.quoted(file.name))\"\r\nContent-Type: \(Self.type(file.mediaType))\r\n\r\n".utf8
        bytes += file.bytes
        bytes += "\r\n--\(boundary)--\r\n".utf8
        self.bytes = bytes
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
