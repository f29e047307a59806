package import JSON

extension JSON {
    /// The JSON form of a value: members named by ``MemberName``, missing optional members as null.
    package init(encoding value: some Encodable) throws {
        let encoder = ValueEncoder()
        try value.encode(to: encoder)
        self = encoder.value
    }
}

/// Makes JSON of one value. A class, because the containers that it hands out write into it.
private final class ValueEncoder: Encoder {
    enum State {
        case empty
        case value(JSON)
        case object(JSONObject)
        case array([JSON])
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var state = State.empty

    var value: JSON {
        switch self.state {
        case .empty: .null
        case .value(let value): value
        case .object(let object): .object(object)
        case .array(let items): .array(items)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = self.state {} else { self.state = .object(JSONObject()) }
        return KeyedEncodingContainer(Members(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = self.state {} else { self.state = .array([]) }
        return Items(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    static func json(_ value: some Encodable) throws -> JSON {
        switch value {
        case let text as String: return .string(text)
        case let flag as Bool: return .bool(flag)
        case let number as Int: return JSON(number)
        case let number as Int64: return .integer(number)
        case let number as Double: return .number(number)
        case let open as OpenValue: return open.json
        default:
            let encoder = ValueEncoder()
            try value.encode(to: encoder)
            return encoder.value
        }
    }

    func set(_ key: any CodingKey, _ value: JSON) {
        guard case .object(var object) = self.state else { return }
        // Not held twice while it changes, or it would be copied.
        self.state = .empty
        object[MemberName.json(key.stringValue)] = value
        self.state = .object(object)
    }

    func append(_ value: JSON) {
        guard case .array(var items) = self.state else { return }
        self.state = .empty
        items.append(value)
        self.state = .array(items)
    }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) throws { self.encoder.set(key, .null) }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        if let change = value as? any ChangeType, !change.isGiven { return }
        self.encoder.set(key, try ValueEncoder.json(value))
    }

    mutating func encode(_ value: String, forKey key: Key) throws { self.encoder.set(key, .string(value)) }
    mutating func encode(_ value: Bool, forKey key: Key) throws { self.encoder.set(key, .bool(value)) }
    mutating func encode(_ value: Int, forKey key: Key) throws { self.encoder.set(key, JSON(value)) }

    mutating func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        guard let value else { return self.encoder.set(key, .null) }
        try self.encode(value, forKey: key)
    }

    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        self.encoder.set(key, value.map { .string($0) } ?? .null)
    }
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
        self.encoder.set(key, value.map { .bool($0) } ?? .null)
    }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws {
        self.encoder.set(key, value.map { JSON($0) } ?? .null)
    }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws {
        self.encoder.set(key, value.map { .integer($0) } ?? .null)
    }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        self.encoder.set(key, value.map { .number($0) } ?? .null)
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
    var codingPath: [any CodingKey] { [] }
    var count: Int {
        guard case .array(let items) = self.encoder.state else { return 0 }
        return items.count
    }

    mutating func encodeNil() throws { self.encoder.append(.null) }

    mutating func encode(_ value: some Encodable) throws {
        self.encoder.append(try ValueEncoder.json(value))
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

    mutating func encodeNil() throws { self.encoder.state = .value(.null) }

    mutating func encode(_ value: some Encodable) throws {
        self.encoder.state = .value(try ValueEncoder.json(value))
    }

    mutating func encode(_ value: String) throws { self.encoder.state = .value(.string(value)) }
    mutating func encode(_ value: Bool) throws { self.encoder.state = .value(.bool(value)) }
    mutating func encode(_ value: Double) throws { self.encoder.state = .value(.number(value)) }
    mutating func encode(_ value: Float) throws { self.encoder.state = .value(.number(Double(value))) }
    mutating func encode(_ value: Int) throws { self.integer(value) }
    mutating func encode(_ value: Int8) throws { self.integer(value) }
    mutating func encode(_ value: Int16) throws { self.integer(value) }
    mutating func encode(_ value: Int32) throws { self.integer(value) }
    mutating func encode(_ value: Int64) throws { self.integer(value) }
    mutating func encode(_ value: UInt) throws { self.integer(value) }
    mutating func encode(_ value: UInt8) throws { self.integer(value) }
    mutating func encode(_ value: UInt16) throws { self.integer(value) }
    mutating func encode(_ value: UInt32) throws { self.integer(value) }
    mutating func encode(_ value: UInt64) throws { self.integer(value) }

    private func integer(_ value: some BinaryInteger) { self.encoder.state = .value(JSON(value)) }
}
