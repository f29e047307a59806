package import JSON
internal import Primitives

/// Why a value does not fit its schema, as a sentence for people.
package struct SchemaMistake: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A member is unknown or missing, or this is not an object at all.
        case shape
        /// A member has a value that it can't have.
        case value
    }

    package let kind: Kind
    package let text: String
}

extension SchemaTable {
    /// The first thing that is wrong with an object; nil if it fits.
    ///
    /// - Parameter noun: what the members are called: `member`, `parameter`.
    package func mistake(in object: JSONObject, of name: String, noun: String = "member") -> SchemaMistake? {
        guard let schema = self.objects[name] else { return nil }
        return self.mistake(in: object, schema, at: "", noun)
    }

    private func mistake(
        in object: JSONObject, _ schema: ObjectSchema, at place: String, _ noun: String
    ) -> SchemaMistake? {
        for (key, value) in object {
            guard let member = schema[key] else {
                return SchemaMistake(kind: .shape, text: Self.unknown(place + key, key, schema, noun))
            }
            if let mistake = self.mistake(in: value, member.schema, at: place + key, noun) { return mistake }
        }
        if let missing = schema.members.first(where: { $0.isRequired && object[$0.name] == nil }) {
            let subject = noun == "member" ? "The body needs a member" : "The request needs a \(noun)"
            return SchemaMistake(kind: .shape, text: "\(subject) `\(place + missing.name)`.")
        }
        if schema.needsAny, object.isEmpty {
            let names = schema.members.map { "`\($0.name)`" }
            let listed =
                names.count > 1
                ? names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "") : names.joined()
            return SchemaMistake(kind: .shape, text: "The body needs a member \(listed).")
        }
        return nil
    }

    private static func unknown(_ path: String, _ key: String, _ schema: ObjectSchema, _ noun: String) -> String {
        let names = schema.members.map(\.name)
        let shown = VisibleText.line(String(path.prefix(100)))
        let known = names.isEmpty ? "" : " It knows \(names.map { "`\($0)`" }.joined(separator: ", "))."
        let near = nearest(to: key, among: names).map { " Did you mean `\($0)`?" } ?? known
        return "There is no \(noun) `\(shown)` here.\(near)"
    }

    private func mistake(in value: JSON, _ schema: Schema, at place: String, _ noun: String) -> SchemaMistake? {
        func wrong(_ expected: String) -> SchemaMistake {
            let other = schema.isNullable && noun == "member" ? ", or null" : ""
            return SchemaMistake(kind: .value, text: "`\(place)` must be \(expected)\(other).")
        }
        if value.isNull, schema.isNullable { return nil }
        let note = schema.note
        switch schema.kind {
        case .any: return nil
        case .boolean: return value.boolValue == nil ? wrong("true or false") : nil
        case .number: return value.doubleValue == nil ? wrong("a number") : nil
        case .integer:
            let (low, high) = (note.minimum, note.maximum)
            guard let number = value.intValue.map(Int64.init), number >= low ?? .min, number <= high ?? .max else {
                return wrong(Self.range(low, high))
            }
            return nil
        case .string:
            guard let text = value.stringValue else { return wrong("a text") }
            if note.format == "date-time", CivilTime.milliseconds(rfc3339: text) == nil {
                return wrong("a time such as 2026-01-31T12:00:00Z")
            }
            // JSON Schema counts characters of Unicode, that is scalars.
            let count = text.unicodeScalars.count
            if let most = note.maxLength, count > most {
                return SchemaMistake(
                    kind: .value, text: "`\(place)` has \(count) characters, and the limit is \(most): shorten it.")
            }
            if let least = note.minLength, count < least {
                return wrong(least == 1 ? "a text that is not empty" : "a text of at least \(least) characters")
            }
            return nil
        case .choice(let words):
            guard let word = value.stringValue, words.contains(word) else {
                return wrong(
                    words.count == 1 ? "`\(words[0])`" : "one of \(words.map { "`\($0)`" }.joined(separator: ", "))")
            }
            return nil
        case .array(let item):
            guard let items = value.arrayValue else { return wrong("a list") }
            for (index, value) in items.enumerated() {
                if let mistake = self.mistake(in: value, item, at: "\(place)[\(index)]", noun) { return mistake }
            }
            return nil
        case .map(let item):
            guard let object = value.objectValue else { return wrong("an object") }
            for (key, value) in object {
                if let mistake = self.mistake(in: value, item, at: "\(place).\(key.prefix(100))", noun) {
                    return mistake
                }
            }
            return nil
        case .object(let name):
            guard let object = value.objectValue, let schema = self.objects[name] else { return wrong("an object") }
            return self.mistake(in: object, schema, at: place + ".", noun)
        }
    }

    private static func range(_ low: Int64?, _ high: Int64?) -> String {
        switch (low, high) {
        case (let low?, let high?) where high != .max: "a whole number from \(low) to \(high)"
        case (let low?, _): "a whole number, at least \(low)"
        case (nil, let high?): "a whole number, at most \(high)"
        case (nil, nil): "a whole number"
        }
    }

    /// The parameters of a query as the object that their schema describes. Texts become numbers and flags where the
    /// schema says so; what does not parse stays a text, which ``mistake(in:of:noun:)`` then names.
    package func object(of parameters: some Sequence<(name: String, value: String)>, as name: String) -> JSONObject {
        let schema = self.objects[name]
        var object = JSONObject()
        // The first value of a name counts.
        for (name, value) in parameters where object[name] == nil {
            switch schema?[name]?.schema.kind {
            case .integer: object[name] = Int64(value).map { .integer($0) } ?? .string(value)
            case .number: object[name] = Double(untrusted: value).map { .number($0) } ?? .string(value)
            case .boolean: object[name] = ["true": .bool(true), "false": .bool(false)][value] ?? .string(value)
            default: object[name] = .string(value)
            }
        }
        return object
    }
}
