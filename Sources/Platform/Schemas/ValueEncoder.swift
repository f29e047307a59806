package import JSON

extension JSON {
    /// The JSON form of a value: members named by ``MemberName``, missing optional members as null.
    package init(encoding value: some Encodable) throws {
        self = try JSON.parse(JSON.bytes(encoding: value))
    }

    /// The same as compact UTF-8.
    package static func bytes(encoding value: some Encodable) throws -> [UInt8] {
        let encoder = ValueEncoder()
        try encoder.write(value)
        return encoder.output.output
    }
}

/// Writes JSON of a value. A class, because the containers that it hands out write into it.
private final class ValueEncoder: Encoder {
    /// What the value that is being written has opened, and has to be closed.
    private enum Opened {
        case nothing, object, array, value
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var output = JSONWriter()
    private var opened = Opened.nothing

    // A value that asks again for a container of its kind, to write another value's members among its own, goes on.
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if self.opened == .nothing {
            self.opened = .object
            self.output.beginObject()
        }
        return KeyedEncodingContainer(Members(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if self.opened == .nothing {
            self.opened = .array
            self.output.beginArray()
        }
        return Items(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    func write<Value: Encodable>(_ value: Value) throws {
        switch value {
        case let text as String: self.output.write(text)
        case let flag as Bool: self.output.write(.bool(flag))
        case let number as Int: self.output.write(JSON(number))
        case let number as Int64: self.output.write(.integer(number))
        case let number as Double: self.output.write(.number(number))
        case let open as OpenValue: self.output.write(open.json)
        default:
            let outer = self.opened
            self.opened = .nothing
            defer { self.opened = outer }
            try value.encode(to: self)
            switch self.opened {
            case .nothing: self.output.write(.null)
            case .object: self.output.endObject()
            case .array: self.output.endArray()
            case .value: break
            }
        }
    }

    /// The whole of what is being written.
    func writeSingle(_ value: some Encodable) throws {
        try self.write(value)
        self.opened = .value
    }

    func writeSingle(_ value: JSON) {
        self.output.write(value)
        self.opened = .value
    }

    func key(_ key: any CodingKey) { self.output.key(MemberName.json(key.stringValue)) }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) throws { self.write(.null, key) }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        if let change = value as? any ChangeType, !change.isGiven { return }
        self.encoder.key(key)
        try self.encoder.write(value)
    }

    mutating func encode(_ value: String, forKey key: Key) throws { self.write(.string(value), key) }
    mutating func encode(_ value: Bool, forKey key: Key) throws { self.write(.bool(value), key) }
    mutating func encode(_ value: Int, forKey key: Key) throws { self.write(JSON(value), key) }

    mutating func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        guard let value else { return self.write(.null, key) }
        try self.encode(value, forKey: key)
    }

    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        self.write(value.map { .string($0) } ?? .null, key)
    }
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
        self.write(value.map { .bool($0) } ?? .null, key)
    }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws {
        self.write(value.map { JSON($0) } ?? .null, key)
    }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws {
        self.write(value.map { .integer($0) } ?? .null, key)
    }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        self.write(value.map { .number($0) } ?? .null, key)
    }

    private func write(_ value: JSON, _ key: Key) {
        self.encoder.key(key)
        self.encoder.output.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("documents nest by types of their own")
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        preconditionFailure("documents nest by types of their own")
    }

    // Base classes only; documents are values.
    mutating func superEncoder() -> any Encoder { self.encoder }
    mutating func superEncoder(forKey key: Key) -> any Encoder { self.encoder }
}

private struct Items: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(encoder: ValueEncoder) { self.encoder = encoder }

    mutating func encodeNil() throws {
        self.count += 1
        self.encoder.output.write(.null)
    }

    mutating func encode(_ value: some Encodable) throws {
        self.count += 1
        try self.encoder.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("documents nest by types of their own")
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        preconditionFailure("documents nest by types of their own")
    }

    mutating func superEncoder() -> any Encoder { self.encoder }
}

private struct Single: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws { self.encoder.writeSingle(.null) }
    mutating func encode(_ value: some Encodable) throws { try self.encoder.writeSingle(value) }
    mutating func encode(_ value: String) throws { self.encoder.writeSingle(.string(value)) }
    mutating func encode(_ value: Bool) throws { self.encoder.writeSingle(.bool(value)) }
    mutating func encode(_ value: Double) throws { self.encoder.writeSingle(.number(value)) }
    mutating func encode(_ value: Float) throws { self.encoder.writeSingle(.number(Double(value))) }
    mutating func encode(_ value: Int) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: Int8) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: Int16) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: Int32) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: Int64) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: UInt) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: UInt8) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: UInt16) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: UInt32) throws { self.encoder.writeSingle(JSON(value)) }
    mutating func encode(_ value: UInt64) throws { self.encoder.writeSingle(JSON(value)) }
}
