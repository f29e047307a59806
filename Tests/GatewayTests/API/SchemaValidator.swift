import JSON

/// The subset of JSON Schema that the gateway's document uses; undescribed members are errors too.
struct SchemaValidator {
    let document: JSON

    func mistakes(in value: JSON, method: String, path: String, status: Int) -> [String] {
        let content = self.document["paths"]?[path]?[method]?["responses"]?[String(status)]?["content"]?.objectValue
        guard let schema = content?.first?.value["schema"] else { return ["\(path) has no schema for \(status)"] }
        return self.mistakes(in: value, schema: schema, at: "$")
    }

    private func mistakes(in value: JSON, schema: JSON, at place: String) -> [String] {
        if let reference = schema["$ref"]?.stringValue {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            guard let target = self.document["components"]?["schemas"]?[name] else { return ["no schema \(name)"] }
            return self.mistakes(in: value, schema: target, at: place)
        }
        if let choices = schema["anyOf"]?.arrayValue {
            let found = choices.map { self.mistakes(in: value, schema: $0, at: place) }
            return found.contains([]) ? [] : found.first ?? []
        }
        // A value of any shape.
        if schema == [:] { return [] }
        let types = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue ?? ""]
        guard types.contains(where: { self.is(value, $0) }) else {
            return ["\(place) is not one of \(types): \(value.text)"]
        }
        if let choices = schema["enum"]?.arrayValue, !choices.contains(value) { return ["\(place): \(value.text)"] }
        if let items = value.arrayValue, let schema = schema["items"] {
            return items.enumerated().flatMap { self.mistakes(in: $1, schema: schema, at: "\(place)[\($0)]") }
        }
        guard let object = value.objectValue, let properties = schema["properties"]?.objectValue else { return [] }
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let missing = required.filter { object[$0] == nil }.map { "\(place).\($0) is missing" }
        return missing
            + object.flatMap { member in
                properties[member.key].map { self.mistakes(in: member.value, schema: $0, at: "\(place).\(member.key)") }
                    ?? ["\(place).\(member.key) is not described"]
            }
    }

    private func `is`(_ value: JSON, _ type: String) -> Bool {
        switch (type, value) {
        case ("string", .string), ("integer", .integer), ("boolean", .bool), ("null", .null), ("array", .array),
            ("object", .object), ("number", .number), ("number", .integer):
            true
        default: false
        }
    }
}
