internal import JSON

/// Reads the schema off a `Decodable` type: it decodes one from a decoder that answers every key with a sample and notes
/// the key, its type, and whether it may be missing.
final class SchemaProbe {
    var table: SchemaTable
    let direction: SchemaTable.Direction

    init(table: SchemaTable, direction: SchemaTable.Direction) {
        self.table = table
        self.direction = direction
    }

    func schema(of type: any Decodable.Type) -> Schema { self.probed(type).schema }

    /// The schema, and a value of the type to decode on with.
    private func probed<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, sample: Value) {
        if let plain: (Schema, Value) = Self.plain(type) { return plain }
        if let choice = type as? any WordChoice.Type { return self.choice(choice) }
        if let change = type as? any (ChangeType & Decodable).Type, let kept = change.kept as? Value {
            var schema = self.schema(of: change.value)
            schema.isNullable = true
            return (schema, kept)
        }
        let name = SchemaTable.name(of: type)
        let isMap = String(describing: type).hasPrefix("Dictionary<")
        let decoder = ProbeDecoder(probe: self, name: name, isMap: isMap)
        // Its members are known; only a sample is needed.
        let isKnown = self.table.objects[name] != nil
        let sample: Value
        do { sample = try Value(from: decoder) } catch {
            preconditionFailure("\(Value.self) does not decode from samples: \(error)")
        }
        if let items = decoder.items { return (Schema(.array(items)), sample) }
        if let value = decoder.mapped { return (Schema(.map(value)), sample) }
        // A type without members asks for none.
        if decoder.object == nil, !isKnown { self.table.begin(name) }
        if var object = decoder.object, !isKnown {
            let notes = (type as? any Documented.Type)?.notes ?? [:]
            for place in object.members.indices {
                guard let note = notes[object.members[place].name] else { continue }
                let format = object.members[place].schema.note.format
                object.members[place].schema.note = note
                if note.format == nil { object.members[place].schema.note.format = format }
            }
            let unknown = notes.keys.filter { object[$0] == nil }
            precondition(unknown.isEmpty, "\(name) has notes of no member: \(unknown)")
            object.needsAny = type is any ChangeDocument.Type
            self.table.set(name, object)
        }
        return (Schema(.object(name)), sample)
    }

    private static func plain<Value>(_ type: Value.Type) -> (Schema, Value)? {
        func typed(_ schema: Schema, _ sample: Any) -> (Schema, Value)? { (sample as? Value).map { (schema, $0) } }
        switch type {
        case is String.Type: return typed(Schema(.string), "")
        case is Bool.Type: return typed(Schema(.boolean), false)
        case is Int.Type: return typed(Schema(.integer), 0)
        case is Int64.Type: return typed(Schema(.integer), Int64(0))
        case is Double.Type: return typed(Schema(.number), 0.0)
        case is OpenValue.Type: return typed(Schema(.any), OpenValue(.null))
        case is Timestamp.Type:
            return typed(
                Schema(.string, note: MemberNote(format: "date-time")), Timestamp(milliseconds: 0))
        default: return nil
        }
    }

    private func choice<Value>(_ type: any WordChoice.Type) -> (Schema, Value) {
        func words<Word: WordChoice>(_ type: Word.Type) -> (Schema, Value) {
            guard let first = type.allCases.first as? Value else { preconditionFailure("\(type) has no cases") }
            return (Schema(.choice(type.allCases.map(\.rawValue))), first)
        }
        return words(type)
    }

    // MARK: What the decoder asks for

    fileprivate func member<Value: Decodable>(
        _ type: Value.Type, _ name: String, of decoder: ProbeDecoder, isOptional: Bool
    ) -> Value {
        var (schema, sample) = self.probed(type)
        let isChange = type is any ChangeType.Type
        schema.isNullable = schema.isNullable || isOptional
        let isRequired = !isChange && (self.direction == .output || !isOptional)
        decoder.add(.init(name: name, schema: schema, isRequired: isRequired))
        return sample
    }

    fileprivate func item<Value: Decodable>(_ type: Value.Type, of decoder: ProbeDecoder) -> Value {
        let (schema, sample) = self.probed(type)
        decoder.items = schema
        return sample
    }

    fileprivate func value<Value: Decodable>(_ type: Value.Type) -> Value { self.probed(type).sample }
}

private final class ProbeDecoder: Decoder {
    let probe: SchemaProbe
    let name: String
    let isMap: Bool
    var object: ObjectSchema?
    var items: Schema?
    /// Of a dictionary's values.
    var mapped: Schema?

    init(probe: SchemaProbe, name: String, isMap: Bool) {
        self.probe = probe
        self.name = name
        self.isMap = isMap
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        if self.object == nil, !self.isMap {
            self.object = ObjectSchema(members: [])
            if self.probe.table.objects[self.name] == nil { self.probe.table.begin(self.name) }
        }
        return KeyedDecodingContainer(ProbeMembers(decoder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { ProbeItems(decoder: self) }

    func singleValueContainer() -> any SingleValueDecodingContainer { ProbeValue(decoder: self) }

    func add(_ member: ObjectSchema.Member) {
        if self.object?[member.name] == nil { self.object?.members.append(member) }
    }
}

private struct ProbeMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { [] }
    /// Of a dictionary, whose keys are any text.
    var allKeys: [Key] { Key(stringValue: "key").map { [$0] } ?? [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value {
        if self.decoder.isMap {
            self.decoder.mapped = self.decoder.probe.schema(of: type)
            return self.decoder.probe.value(type)
        }
        return self.decoder.probe.member(
            type, MemberName.json(key.stringValue), of: self.decoder, isOptional: false)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value? {
        self.decoder.probe.member(type, MemberName.json(key.stringValue), of: self.decoder, isOptional: true)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { self.optional(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { self.optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { self.optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) -> Int64? { self.optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { self.optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        self.decoder.probe.member(type, MemberName.json(key.stringValue), of: self.decoder, isOptional: true)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> {
        preconditionFailure("documents nest by types of their own")
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        preconditionFailure("documents nest by types of their own")
    }

    func superDecoder() -> any Decoder { self.decoder }
    func superDecoder(forKey key: Key) -> any Decoder { self.decoder }
}

/// One sample of an array's items.
private struct ProbeItems: UnkeyedDecodingContainer {
    let decoder: ProbeDecoder
    var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { self.currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) -> Value {
        self.currentIndex += 1
        return self.decoder.probe.item(type, of: self.decoder)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
        preconditionFailure("documents nest by types of their own")
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        preconditionFailure("documents nest by types of their own")
    }

    mutating func superDecoder() -> any Decoder { self.decoder }
}

private struct ProbeValue: SingleValueDecodingContainer {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }
    func decode<Value: Decodable>(_ type: Value.Type) -> Value { self.decoder.probe.value(type) }
}
