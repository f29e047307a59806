package import Database

extension SQLValue {
    package static func optional(_ value: String?) -> SQLValue { SQLValue(value) }
    package static func optional(_ value: Int64?) -> SQLValue { SQLValue(value) }
}

extension Row {
    package func integer(_ name: String) throws -> Int64 { try self.int64(name) }
    package func optionalText(_ name: String) throws -> String? { self[name].isNull ? nil : try self.text(name) }
    package func optionalInteger(_ name: String) throws -> Int64? { self[name].isNull ? nil : try self.int64(name) }
}
