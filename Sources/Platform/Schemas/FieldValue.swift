package import JSON

/// What can be a field of a ``Fact``.
package protocol FieldValue: Sendable {
    /// The shape; the objects that it names are added to the table.
    static func schema(in table: inout SchemaTable) -> Schema
    /// The members that it is in an object.
    static func members(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable
    ) -> [ObjectSchema.Member]
    func write(to json: inout JSONWriter)
    /// Writes the value as a member, unless it is left out.
    ///
    /// - Parameter key: The name with its quotes and colon.
    func write(as key: [UInt8], to json: inout JSONWriter)
    /// The same of a value or null. The type's own, because code for every ``Optional`` copies what it looks into.
    static func write(_ value: Self?, as key: [UInt8], to json: inout JSONWriter)
    /// Nil for JSON that does not fit the schema.
    static func read(_ json: JSON) -> Self?
    /// The value as a member of an object; nil also for a missing one, if it must be there.
    static func read(_ name: String, of object: JSONObject) -> Self?
}

/// A value without values in it.
package protocol PlainValue: FieldValue {
    static var schema: Schema { get }
}

/// A type that is read and written as one of a few words.
package protocol WordChoice: PlainValue, CaseIterable, RawRepresentable where RawValue == String {}

extension FieldValue {
    package static func members(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable
    ) -> [ObjectSchema.Member] { [self.member(name, note, in: &table, isRequired: true)] }

    fileprivate static func member(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable,
        isRequired: Bool
    ) -> ObjectSchema.Member {
        var schema = Self.schema(in: &table)
        let format = schema.note.format
        schema.note = note
        schema.note.format = note.format ?? format
        return ObjectSchema.Member(name: name, schema: schema, isRequired: isRequired)
    }

    package func write(as key: [UInt8], to json: inout JSONWriter) {
        json.write(encoded: key)
        self.write(to: &json)
    }

    package static func write(_ value: Self?, as key: [UInt8], to json: inout JSONWriter) {
        json.write(encoded: key)
        if let value { value.write(to: &json) } else { json.write(.null) }
    }

    package static func read(_ name: String, of object: JSONObject) -> Self? { object[name].flatMap(Self.read) }

    /// Reads JSON that fits the schema; see ``SchemaTable/mistake(in:of:noun:)``.
    package init(decoding json: JSON) throws(SchemaMistake) {
        guard let value = Self.read(json) else {
            throw SchemaMistake(kind: .value, text: "This is not the JSON of \(SchemaTable.name(of: Self.self)).")
        }
        self = value
    }
}

extension PlainValue {
    package static func schema(in table: inout SchemaTable) -> Schema { Self.schema }
}

extension JSON {
    /// The JSON form of a value: its members by their names, missing optional ones as null.
    package init(encoding value: some FieldValue) throws {
        self = try JSON.parse(JSON.bytes(encoding: value))
    }

    /// The same as compact UTF-8.
    package static func bytes(encoding value: some FieldValue) -> [UInt8] {
        var json = JSONWriter()
        value.write(to: &json)
        return json.output
    }
}

// MARK: Plain values

extension String: PlainValue {
    package static var schema: Schema { Schema(.string) }
    package func write(to json: inout JSONWriter) { json.write(self) }
    package static func read(_ json: JSON) -> Self? { json.stringValue }
}

extension Bool: PlainValue {
    package static var schema: Schema { Schema(.boolean) }
    package func write(to json: inout JSONWriter) { json.write(.bool(self)) }
    package static func read(_ json: JSON) -> Self? { json.boolValue }
}

extension Int: PlainValue {
    package static var schema: Schema { Schema(.integer) }
    package func write(to json: inout JSONWriter) { json.write(.integer(Int64(self))) }
    package static func read(_ json: JSON) -> Self? { json.intValue }
}

extension Int64: PlainValue {
    package static var schema: Schema { Schema(.integer) }
    package func write(to json: inout JSONWriter) { json.write(.integer(self)) }
    package static func read(_ json: JSON) -> Self? { json.intValue.map(Self.init) }
}

extension Double: PlainValue {
    package static var schema: Schema { Schema(.number) }
    package func write(to json: inout JSONWriter) { json.write(.number(self)) }
    package static func read(_ json: JSON) -> Self? { json.doubleValue }
}

extension WordChoice {
    package static var schema: Schema { Schema(.choice(Self.allCases.map(\.rawValue))) }
    package func write(to json: inout JSONWriter) { json.write(self.rawValue) }
    package static func read(_ json: JSON) -> Self? { json.stringValue.flatMap(Self.init) }
}

extension JSON: PlainValue {
    package static var schema: Schema { Schema(.any) }
    package func write(to json: inout JSONWriter) { json.write(self) }
    package static func read(_ json: JSON) -> Self? { json }
}

// MARK: Values of values

extension Optional: FieldValue where Wrapped: FieldValue {
    package static func schema(in table: inout SchemaTable) -> Schema {
        var schema = Wrapped.schema(in: &table)
        schema.isNullable = true
        return schema
    }

    /// Of what is written, every member is there.
    package static func members(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable
    ) -> [ObjectSchema.Member] { [self.member(name, note, in: &table, isRequired: table.direction == .output)] }

    package func write(to json: inout JSONWriter) {
        if let value = self { value.write(to: &json) } else { json.write(.null) }
    }

    package func write(as key: [UInt8], to json: inout JSONWriter) { Wrapped.write(self, as: key, to: &json) }

    package static func read(_ json: JSON) -> Self? { json.isNull ? .some(nil) : Wrapped.read(json).map(Optional.some) }

    package static func read(_ name: String, of object: JSONObject) -> Self? { Self.read(object[name] ?? .null) }
}

extension Array: FieldValue where Element: FieldValue {
    package static func schema(in table: inout SchemaTable) -> Schema {
        Schema(.array(Element.schema(in: &table)))
    }

    package func write(to json: inout JSONWriter) {
        json.beginArray()
        for item in self { item.write(to: &json) }
        json.endArray()
    }

    package static func read(_ json: JSON) -> Self? {
        guard let items = json.arrayValue else { return nil }
        let read = items.compactMap(Element.read)
        return read.count == items.count ? read : nil
    }
}

/// Members of any name.
extension Dictionary: FieldValue where Key == String, Value: FieldValue {
    package static func schema(in table: inout SchemaTable) -> Schema {
        Schema(.map(Value.schema(in: &table)))
    }

    package func write(to json: inout JSONWriter) {
        json.beginObject()
        // The same value is the same text, by which clients and entity tags compare it.
        for (key, value) in self.sorted(by: { $0.key < $1.key }) {
            json.key(key)
            value.write(to: &json)
        }
        json.endObject()
    }

    package static func read(_ json: JSON) -> Self? {
        guard let object = json.objectValue else { return nil }
        let read = object.compactMap { key, json in Value.read(json).map { (key, $0) } }
        return read.count == object.count ? Self(uniqueKeysWithValues: read) : nil
    }
}

/// A member that may be left out. Of a change: left out, null to remove, or a new value.
package enum Change<Value: FieldValue>: FieldValue {
    case keep
    case remove
    case set(Value)

    package static func schema(in table: inout SchemaTable) -> Schema {
        Value?.schema(in: &table)
    }

    package static func members(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable
    ) -> [ObjectSchema.Member] { [self.member(name, note, in: &table, isRequired: false)] }

    package func write(to json: inout JSONWriter) {
        if case .set(let value) = self { value.write(to: &json) } else { json.write(.null) }
    }

    package func write(as key: [UInt8], to json: inout JSONWriter) {
        if case .keep = self { return }
        json.write(encoded: key)
        self.write(to: &json)
    }

    package static func read(_ json: JSON) -> Self? { json.isNull ? .remove : Value.read(json).map(Self.set) }

    package static func read(_ name: String, of object: JSONObject) -> Self? {
        object[name].map(Self.read) ?? .keep
    }

    /// The member's value after the change.
    package func applied(to value: Value?) -> Value? {
        switch self {
        case .keep: value
        case .remove: nil
        case .set(let value): value
        }
    }
}
