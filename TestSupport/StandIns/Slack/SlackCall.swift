internal import HTTP
internal import JSON

/// An error of the Web API: `ok: false` with status 200.
struct SlackRefusal: Error {
    let error: String
    var fields = JSONObject()

    init(_ error: String, _ fields: JSONObject = JSONObject()) {
        self.error = error
        self.fields = fields
    }

    /// `invalid_blocks`, `invalid_arguments`…, with Slack's messages for people.
    init(_ error: String, messages: [String]) {
        self.init(error, ["response_metadata": ["messages": .array(messages.map { "[ERROR] \($0)" })]])
    }

    var body: JSONObject {
        var body: JSONObject = ["ok": false, "error": .string(self.error)]
        body.merge(self.fields)
        return body
    }
}

/// A call of the Web API, its arguments read from a query, a form or a JSON body.
struct SlackCall {
    let method: String
    let token: String?
    /// Whether the token was in the header.
    let hasHeaderToken: Bool
    let arguments: JSONObject
    let isJSON: Bool
    var warning: String?

    init(method: String, headers: HTTPHeaders, query: HTTPQuery, body: [UInt8]) throws(SlackRefusal) {
        self.method = method
        var arguments = JSONObject(members: query.items.map { ($0.name, .string($0.value)) })
        let type = headers["content-type"].flatMap { MediaType(parsing: $0) }
        var isJSON = false
        switch type?.essence {
        case _ where body.isEmpty: break
        case "application/json":
            isJSON = true
            guard let parsed = try? JSON.parse(body) else { throw SlackRefusal("invalid_json") }
            guard let object = parsed.objectValue else { throw SlackRefusal("json_not_object") }
            arguments.merge(object)
            if type?["charset"] == nil { self.warning = "missing_charset" }
        case "application/x-www-form-urlencoded":
            for item in HTTPQuery(parsing: String(decoding: body, as: UTF8.self)).items {
                arguments[item.name] = .string(item.value)
            }
        case "multipart/form-data":
            for (name, value) in Self.parts(body, boundary: type?["boundary"] ?? "") {
                arguments[name] = .string(value)
            }
        default: throw SlackRefusal("invalid_post_type")
        }
        self.isJSON = isJSON
        let words = (headers["authorization"] ?? "").split(separator: " ").map(String.init)
        let bearer = words.count == 2 && words[0].lowercased() == "bearer" ? words[1] : nil
        self.hasHeaderToken = bearer != nil
        // A token in a JSON body is ignored.
        self.token = bearer ?? (isJSON ? nil : arguments["token"]?.stringValue)
        self.arguments = arguments
    }

    private static func parts(_ body: [UInt8], boundary: String) -> [(String, String)] {
        let text = String(decoding: body, as: UTF8.self)
        return text.split(separator: "--" + boundary).compactMap { part in
            guard let range = part.utf8.firstRange(of: Array("\r\n\r\n".utf8)),
                let name = part[..<range.lowerBound].firstMatch(after: "name=\"")
            else { return nil }
            var value = Array(part[range.upperBound...].utf8)
            if value.suffix(2) == [13, 10] { value.removeLast(2) }
            return (name, String(decoding: value, as: UTF8.self))
        }
    }

    // MARK: Arguments

    /// A text; empty counts as missing.
    func text(_ name: String) -> String? {
        switch self.arguments[name] {
        case .string(let value): value.isEmpty ? nil : value
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        default: nil
        }
    }

    func required(_ name: String) throws(SlackRefusal) -> String {
        guard let value = self.text(name) else {
            throw SlackRefusal("invalid_arguments", messages: ["missing required field: \(name)"])
        }
        return value
    }

    func flag(_ name: String) -> Bool {
        switch self.arguments[name] {
        case .bool(let value): value
        case .string(let value): ["1", "true", "True"].contains(value)
        case .integer(let value): value != 0
        default: false
        }
    }

    func number(_ name: String) -> Int? { self.arguments[name]?.intValue ?? self.text(name).flatMap { Int($0) } }

    /// A nested value: itself in a JSON body, or JSON text in a form (which a JSON body may also use).
    func nested(_ name: String, refusal: String) throws(SlackRefusal) -> JSON? {
        switch self.arguments[name] {
        case nil, .null: return nil
        case .string(let text):
            guard !text.isEmpty else { return nil }
            guard let value = try? JSON.parse(Array(text.utf8)) else { throw SlackRefusal(refusal) }
            return value
        case let value: return value
        }
    }
}

extension Substring {
    /// The text between `mark` and the next quotation mark.
    fileprivate func firstMatch(after mark: String) -> String? {
        guard let range = self.utf8.firstRange(of: Array(mark.utf8)) else { return nil }
        return String(self[range.upperBound...].prefix { $0 != "\"" })
    }
}
