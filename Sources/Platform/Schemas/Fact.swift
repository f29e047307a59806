package import JSON

/// A struct that is one list of fields: its stored properties, in their order. `threadID` in Swift is `thread_id` in JSON.
/// The list is visited to write the value, to read it and to describe it; the name of the object is that of the type.
package protocol Fact: FieldValue {
    static var notes: Notes<Self> { get }
    /// Whether at least one of the fields must be given.
    static var needsAny: Bool { get }
}

/// The changes of a thing: at least one of its members must be given.
package protocol ChangeDocument: Fact {}

extension Fact {
    package static var notes: Notes<Self> { [:] }
    package static var needsAny: Bool { false }
}

extension ChangeDocument {
    package static var needsAny: Bool { true }
}

/// What the types of properties do not say.
package struct Notes<Root>: Sendable, ExpressibleByDictionaryLiteral {
    /// By the property's offset.
    let notes: [Int: MemberNote]

    package init(dictionaryLiteral notes: (PartialKeyPath<Root>, MemberNote)...) {
        self.notes = Dictionary(
            uniqueKeysWithValues: notes.map { path, note in
                guard let offset = MemoryLayout<Root>.offset(of: path) else {
                    preconditionFailure("\(path) is computed")
                }
                return (offset, note)
            })
    }
}

/// A property whose fields are fields of the value that has it.
@propertyWrapper
package struct Merged<Value: Fact>: FieldValue {
    package let wrappedValue: Value

    package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    package static func schema(in table: inout SchemaTable) -> Schema {
        Value.schema(in: &table)
    }
    package static func members(
        _ name: String, _ note: MemberNote, in table: inout SchemaTable
    ) -> [ObjectSchema.Member] { Value.members(in: &table) }
    package func write(to json: inout JSONWriter) { self.wrappedValue.write(to: &json) }
    package func write(as key: [UInt8], to json: inout JSONWriter) { self.wrappedValue.writeFields(to: &json) }
    package static func read(_ json: JSON) -> Self? { Value.read(json).map(Self.init) }
    package static func read(_ name: String, of object: JSONObject) -> Self? { Self.read(.object(object)) }
}

extension Fact {
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        self.writeFields(to: &json)
        json.endObject()
    }

    fileprivate func writeFields(to json: inout JSONWriter) {
        unsafe withUnsafeBytes(of: self) { value in
            let fields = StoredField.all(of: Self.self)
            // Borrowed, not copied as by `for field in fields`.
            for index in fields.indices { unsafe fields.span[index].write(of: value, to: &json) }
        }
    }

    package static func read(_ json: JSON) -> Self? {
        guard let object = json.objectValue else { return nil }
        return unsafe StoredField.make(Self.self) { field, memory in unsafe field.read(object, to: memory) }
    }

    package static func schema(in table: inout SchemaTable) -> Schema {
        let name = SchemaTable.name(of: Self.self)
        if table.objects[name] == nil {
            table.begin(name)
            let members = Self.members(in: &table)
            table.set(name, ObjectSchema(members: members, needsAny: Self.needsAny))
        }
        return Schema(.object(name))
    }

    fileprivate static func members(
        in table: inout SchemaTable
    ) -> [ObjectSchema.Member] {
        let notes = Self.notes.notes
        var members: [ObjectSchema.Member] = []
        for field in StoredField.all(of: Self.self) {
            let note = notes[field.offset] ?? MemberNote()
            members += field.type.members(field.name, note, in: &table)
        }
        return members
    }
}
