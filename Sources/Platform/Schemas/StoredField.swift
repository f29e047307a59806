internal import JSON
internal import Primitives
// The runtime's list of a type's stored properties, which `Mirror` reads too: it has no public name for types.
@_spi(Reflection) internal import Swift

/// A stored property of a ``Fact``.
struct StoredField: Sendable {
    /// In JSON.
    let name: String
    /// The name with its quotes and colon.
    let key: [UInt8]
    /// In the value, in bytes.
    let offset: Int
    let type: any FieldValue.Type

    /// By type: they are found once.
    private static let known = Protected<[ObjectIdentifier: [StoredField]]>([:])

    static func all<Root: Fact>(of type: Root.Type) -> [StoredField] {
        if let fields = Self.known.withLock({ $0[ObjectIdentifier(type)] }) { return fields }
        var fields: [StoredField] = []
        unsafe _forEachField(of: type) { property, offset, type, _ in
            let name = unsafe String(cString: property)
            guard let type = type as? any FieldValue.Type else {
                preconditionFailure("\(name) of \(Root.self) cannot be a field: it is \(type)")
            }
            let key = MemberName.json(name)
            fields.append(
                StoredField(name: key, key: JSON.string(key).bytes + [UInt8(ascii: ":")], offset: offset, type: type))
            return true
        }
        let found = fields
        Self.known.withLock { $0[ObjectIdentifier(type)] = found }
        return found
    }

    /// Makes a value of the values that `fill` puts at the places of its fields; nil if it returns false.
    static func make<Root: Fact>(
        _ type: Root.Type, _ fill: (StoredField, UnsafeMutableRawPointer) -> Bool
    ) -> Root? {
        unsafe withUnsafeTemporaryAllocation(of: Root.self, capacity: 1) { memory in
            guard let value = memory.baseAddress else { return nil }
            let fields = Self.all(of: type)
            for (index, field) in fields.enumerated() {
                guard unsafe fill(field, UnsafeMutableRawPointer(value) + field.offset) else {
                    for field in fields[..<index] { unsafe field.forget(UnsafeMutableRawPointer(value)) }
                    return nil
                }
            }
            return unsafe value.move()
        }
    }

    func write(of value: UnsafeRawBufferPointer, to json: inout JSONWriter) {
        guard let base = value.baseAddress else { return }
        func write<Value: FieldValue>(_ type: Value.Type) {
            unsafe (base + self.offset).assumingMemoryBound(to: type).pointee.write(as: self.key, to: &json)
        }
        write(self.type)
    }

    func read(_ object: JSONObject, to place: UnsafeMutableRawPointer) -> Bool {
        func read<Value: FieldValue>(_ type: Value.Type) -> Bool {
            guard let value = type.read(self.name, of: object) else { return false }
            unsafe place.initializeMemory(as: type, to: value)
            return true
        }
        return read(self.type)
    }

    private func forget(_ value: UnsafeMutableRawPointer) {
        func forget<Value: FieldValue>(_ type: Value.Type) {
            unsafe (value + self.offset).assumingMemoryBound(to: type).deinitialize(count: 1)
        }
        forget(self.type)
    }
}
