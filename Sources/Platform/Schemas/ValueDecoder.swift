package import JSON

extension Decodable {
    /// Reads a value from JSON that fits its schema; see ``SchemaTable/mistake(in:of:)``.
    ///
    /// Throws `DecodingError` if it does not fit.
    package init(decoding json: JSON) throws {
        try self.init(from: ValueDecoder(json: json))
    }
}

private struct ValueDecoder: Decoder, JSONSource {
    let json: JSON
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let object = self.json.objectValue else { throw Self.mismatch("an object") }
        return KeyedDecodingContainer(ReadMembers(object: object))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let items = self.json.arrayValue else { throw Self.mismatch("a list") }
        return ReadItems(items: items)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ReadValue(json: self.json) }

    static func mismatch(_ expected: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "must be \(expected)"))
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ json: JSON) throws -> Value {
        try Value(from: ValueDecoder(json: json))
    }
}

private struct ReadMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { self.object.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { self.member(key) != nil }

    func decodeNil(forKey key: Key) -> Bool { self.member(key)?.isNull ?? true }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let json = self.member(key) else {
            if let change = type as? any ChangeType.Type, let kept = change.kept as? Value { return kept }
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "missing"))
        }
        return try ValueDecoder.value(type, json)
    }

    private func member(_ key: Key) -> JSON? { self.object[MemberName.json(key.stringValue)] }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try ValueDecoder(json: self.member(key) ?? .null).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(json: self.member(key) ?? .null).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { ValueDecoder(json: .object(self.object)) }
    func superDecoder(forKey key: Key) -> any Decoder { ValueDecoder(json: self.member(key) ?? .null) }
}

private struct ReadItems: UnkeyedDecodingContainer {
    let items: [JSON]
    var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { self.items.count }
    var isAtEnd: Bool { self.currentIndex >= self.items.count }

    init(items: [JSON]) { self.items = items }

    private mutating func next() throws -> JSON {
        guard !self.isAtEnd else { throw ValueDecoder.mismatch("longer") }
        defer { self.currentIndex += 1 }
        return self.items[self.currentIndex]
    }

    mutating func decodeNil() -> Bool {
        guard !self.isAtEnd, self.items[self.currentIndex].isNull else { return false }
        self.currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ValueDecoder.value(type, try self.next())
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try ValueDecoder(json: try self.next()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(json: try self.next()).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { ValueDecoder(json: try self.next()) }
}

private struct ReadValue: SingleValueDecodingContainer {
    let json: JSON
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { self.json.isNull }

    func decode(_ type: Bool.Type) throws -> Bool { try self.expect(self.json.boolValue, "true or false") }
    func decode(_ type: String.Type) throws -> String { try self.expect(self.json.stringValue, "a text") }
    func decode(_ type: Double.Type) throws -> Double { try self.expect(self.json.doubleValue, "a number") }
    func decode(_ type: Float.Type) throws -> Float { Float(try self.decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try self.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try self.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try ValueDecoder.value(type, self.json) }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        try self.expect(self.json.intValue.flatMap { Number(exactly: $0) }, "a whole number")
    }

    private func expect<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw ValueDecoder.mismatch(what) }
        return value
    }
}
