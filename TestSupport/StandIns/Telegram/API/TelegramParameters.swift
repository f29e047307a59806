internal import HTTP
internal import JSON

/// The parameters of a call, from query, form, JSON or multipart.
struct TelegramParameters: Sendable {
    private(set) var values: JSONObject
    var uploads: [String: TelegramUpload] = [:]

    init(_ values: JSONObject = JSONObject()) {
        self.values = values
    }

    /// Reads a request; `nil` if the body does not match its content type.
    init?(query: HTTPQuery, contentType: String, body: [UInt8]) {
        self.init()
        for item in query.items { self.values[item.name] = .string(item.value) }
        let type = MediaType(parsing: contentType)
        switch type?.essence {
        case _ where body.isEmpty: break
        case "multipart/form-data":
            guard let boundary = type?["boundary"], let parts = MultipartForm.parts(of: body, boundary: boundary) else {
                return nil
            }
            for part in parts {
                if let fileName = part.fileName {
                    self.uploads[part.name] = TelegramUpload(
                        fileName: fileName, type: part.type ?? "application/octet-stream", bytes: part.bytes)
                } else {
                    self.values[part.name] = .string(String(decoding: part.bytes, as: UTF8.self))
                }
            }
        case "application/json":
            guard case .object(let object)? = try? JSON.parse(body) else { return nil }
            self.values.merge(object)
        default:
            for item in HTTPQuery(parsing: String(decoding: body, as: UTF8.self)).items {
                self.values[item.name] = .string(item.value)
            }
        }
    }

    subscript(name: String) -> JSON? {
        guard let value = self.values[name], !value.isNull else { return nil }
        return value
    }

    /// The value as text; nil if missing.
    func text(_ name: String) -> String? {
        switch self[name] {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case let value?: value.text
        case nil: nil
        }
    }

    /// The value as a whole number; nil if it is not one.
    func integer(_ name: String) -> Int? {
        if let number = self[name]?.intValue { return number }
        return self[name]?.stringValue.flatMap { Int($0) }
    }

    func flag(_ name: String) -> Bool {
        ["true", "yes", "1"].contains(self.text(name)?.lowercased() ?? "")
    }

    /// The value as JSON, which forms carry as text.
    func structure(_ name: String, as what: String) throws(TelegramRefusal) -> JSON? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { return value }
        if text.isEmpty { return nil }
        guard let parsed = try? JSON.parse(Array(text.utf8)) else {
            throw .bad("can't parse \(what) JSON object")
        }
        return parsed.isNull ? nil : parsed
    }
}
