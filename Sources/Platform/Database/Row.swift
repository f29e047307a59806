/// One row of a result, with columns by name.
package struct Row: Sendable, CustomStringConvertible {
    /// The column names, shared by all rows of a result.
    final class Columns: Sendable {
        let names: [String]

        init(names: [String]) { self.names = names }
    }

    package let values: [SQLValue]
    /// The columns' names, in the order of ``values``.
    package var names: [String] { self.columns.names }
    private let columns: Columns

    init(values: [SQLValue], columns: Columns) {
        self.values = values
        self.columns = columns
    }

    /// The value of a column. An unknown name is a bug in the program: null, and a trap in debug builds.
    package subscript(name: String) -> SQLValue {
        guard let place = self.columns.names.firstIndex(of: name) else {
            assertionFailure("no column \(name) among \(self.columns.names)")
            return .null
        }
        return self.values[place]
    }

    package subscript(position: Int) -> SQLValue { self.values[position] }

    package func int(_ name: String) throws(DatabaseError) -> Int { try self.value(name, self[name].int) }
    package func int64(_ name: String) throws(DatabaseError) -> Int64 { try self.value(name, self[name].int64) }
    package func bool(_ name: String) throws(DatabaseError) -> Bool { try self.value(name, self[name].bool) }
    package func double(_ name: String) throws(DatabaseError) -> Double { try self.value(name, self[name].double) }
    package func text(_ name: String) throws(DatabaseError) -> String { try self.value(name, self[name].text) }
    package func bytes(_ name: String) throws(DatabaseError) -> [UInt8] { try self.value(name, self[name].bytes) }

    // Names only: values may contain what people wrote.
    package var description: String { "Row(\(self.columns.names.joined(separator: ", ")))" }

    private func value<Value>(_ name: String, _ value: Value?) throws(DatabaseError) -> Value {
        if let value { return value }
        throw DatabaseError(
            code: .wrongType,
            message: "the column \(name) is not a \(Value.self): the program and the stored data disagree; report it"
        )
    }
}
