internal import Chat
internal import Crypto
internal import HTTP
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

/// A call with a file as `multipart/form-data`.
struct TelegramForm {
    let contentType: String
    let bytes: [UInt8]

    init(_ parameters: JSONObject, _ file: TelegramCall.File) {
        var body = MultipartBody(boundary: "jetbridge-\(hex(randomBytes(16)))")
        for (key, value) in parameters {
            // Strings go into the form as they are, other values as JSON.
            body.add(key, value.stringValue.map { Array($0.utf8) } ?? value.bytes)
        }
        body.add(file.field, file: file.bytes, named: file.name, mediaType: file.mediaType)
        (self.contentType, self.bytes) = (body.contentType, body.bytes)
    }
}
