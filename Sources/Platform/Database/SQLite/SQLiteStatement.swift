internal import CSQLite

/// A compiled statement of one connection.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer
    /// For each parameter, the index of its value: `$3` is the third one, a `?` the next.
    private let places: [Int]
    private let parameterCount: Int
    private var columns: Row.Columns?

    init(owning handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
        let count = unsafe sqlite3_bind_parameter_count(handle)
        var places: [Int] = []
        for index in 0..<Int(count) {
            let name = unsafe sqlite3_bind_parameter_name(handle, Int32(index) + 1)
            // SQLite numbers `$2, $1` by their order in the text. Here they have PostgreSQL's meaning: the number
            // counts.
            let number = unsafe name.flatMap { unsafe Int(String(cString: $0).dropFirst()) }
            places.append(number.map { $0 - 1 } ?? index)
        }
        self.places = places
        self.parameterCount = (places.max() ?? -1) + 1
    }

    deinit {
        unsafe sqlite3_finalize(self.handle)
    }

    /// Binds all parameters and returns an SQLite result code.
    func bind(_ values: [SQLValue]) throws(DatabaseError) -> Int32 {
        guard values.count == self.parameterCount else {
            throw DatabaseError(
                code: .misuse,
                message: "a statement with \(self.parameterCount) parameters got \(values.count) values: report it")
        }
        for (index, place) in self.places.enumerated() {
            let status = self.bind(values[place], at: Int32(index) + 1)
            if status != SQLITE_OK { return status }
        }
        return SQLITE_OK
    }

    func step() -> Int32 { unsafe sqlite3_step(self.handle) }

    /// Prepares the statement for its next use and releases the values.
    func reset() {
        unsafe sqlite3_reset(self.handle)
        if !self.places.isEmpty { unsafe sqlite3_clear_bindings(self.handle) }
    }

    var row: Row {
        let count = unsafe sqlite3_data_count(self.handle)
        return Row(values: (0..<count).map(self.value), columns: self.currentColumns(count: Int(count)))
    }

    private func currentColumns(count: Int) -> Row.Columns {
        // SQLite recompiles a statement when the schema has changed; `*` may then mean other columns.
        if let columns = self.columns, columns.names.count == count { return columns }
        let names = (0..<Int32(count)).map { index in
            unsafe sqlite3_column_name(self.handle, index).map { unsafe String(cString: $0) } ?? ""
        }
        let columns = Row.Columns(names: names)
        self.columns = columns
        return columns
    }

    private func value(_ index: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(self.handle, index) {
        case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(self.handle, index))
        case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(self.handle, index))
        case SQLITE_TEXT:
            .text(String(decoding: unsafe self.bytes(index, sqlite3_column_text(self.handle, index)), as: UTF8.self))
        case SQLITE_BLOB: .blob(unsafe self.bytes(index, sqlite3_column_blob(self.handle, index)))
        default: .null
        }
    }

    private func bytes(_ index: Int32, _ start: UnsafeRawPointer?) -> [UInt8] {
        // After the pointer is fetched, because fetching the text may convert it and change its length.
        let count = unsafe sqlite3_column_bytes(self.handle, index)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(self.handle, index)
        case .integer(let value): unsafe sqlite3_bind_int64(self.handle, index, value)
        case .real(let value): unsafe sqlite3_bind_double(self.handle, index, value)
        case .text(var text):
            text.withUTF8 { unsafe csqlite_bind_text(self.handle, index, $0.baseAddress, UInt64($0.count)) }
        case .blob(let bytes): unsafe csqlite_bind_blob(self.handle, index, bytes, UInt64(bytes.count))
        }
    }
}
