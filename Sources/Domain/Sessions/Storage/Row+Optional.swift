internal import Database

extension SQLValue {
    static func optional(_ value: String?) -> SQLValue { SQLValue(value) }
    static func optional(_ value: Int64?) -> SQLValue { SQLValue(value) }
}

extension Row {
    func integer(_ name: String) throws -> Int64 { try self.int64(name) }
    func optionalText(_ name: String) throws -> String? { self[name].isNull ? nil : try self.text(name) }
    func optionalInteger(_ name: String) throws -> Int64? { self[name].isNull ? nil : try self.int64(name) }
}
