internal import CPQ
internal import CSystem
internal import Glibc
internal import Primitives

/// A session with a server: libpq in pipeline mode, used by one thread.
///
/// Statements are sent without waiting, and ``finish()`` waits for the results of all of them. Nothing here blocks for
/// longer than `patience`: behind a broken network a server is silent, and neither keepalives nor the server's own
/// time-outs end that wait (tried with a proxy that swallows bytes).
@safe final class PostgreSQLLink {
    struct Answer {
        let rows: [Row]
        /// The number of rows changed.
        let changed: Int
    }

    /// What a prepared statement is for.
    private struct Statement: Hashable {
        let sql: String
        let types: [Oid]
    }

    private final class Prepared {
        let name: String
        /// Of its rows, once there was a result: PostgreSQL refuses a statement whose columns have changed since.
        var columns: Row.Columns?

        init(name: String) { self.name = name }
    }

    private enum Sent {
        case preparation(Statement)
        /// `isFresh`: whether it was prepared for this one.
        case statement(Prepared, sql: String, isAwaited: Bool, isFresh: Bool)
    }

    private static let statementLimit = 512
    /// A backstop on the server: first come our own deadlines. A host that stops in a transaction loses it, so that
    /// nobody waits for its locks.
    ///
    /// - Parameter isLocal: Whether they are those of one transaction, as SQL.
    private static func limits(isLocal: String) -> String {
        """
        SELECT set_config('statement_timeout', '10s', \(isLocal)), set_config('lock_timeout', '2s', \(isLocal)),
        set_config('idle_in_transaction_session_timeout', '1s', \(isLocal)), \(isLocal) AS pooled
        """
    }

    private static let localLimits = PostgreSQLLink.limits(isLocal: "true")

    private let handle: OpaquePointer
    private let name: String
    private let patience: Duration
    private let interrupter: Interrupter
    /// Readable after an interrupt.
    private let bell: Int32
    private var prepared: [Statement: Prepared] = [:]
    /// Names given out so far; none is used for a second statement.
    private var names = 0
    private var sent: [Sent] = []
    /// What ``post(_:)`` has sent, whose results nobody has read.
    private var posted: [Sent] = []
    /// Why it cannot be used any more.
    private var failure: DatabaseError?
    /// The connection is lost: what becomes of a commit that was sent is unknown.
    private(set) var isLost = false
    /// Whether a pooler is in between that may be: the session is not the one that was announced, and may be another one in
    /// the next transaction. Neither limits nor prepared statements are left in it then.
    private(set) var isPooled = false

    /// - Parameter server: One of those that the settings name.
    init(
        _ settings: PostgreSQLSettings, to server: [(key: String, value: String)], interrupter: Interrupter, bell: Int32
    ) throws(DatabaseError) {
        let parameters = settings.parameters + server
        let opened = unsafe withCStrings(parameters.map { Array($0.key.utf8) }) { keys in
            unsafe withCStrings(parameters.map { Array($0.value.utf8) }) { values in
                unsafe PQconnectStartParams(Self.constant(keys), Self.constant(values), 1)
            }
        }
        guard let handle = unsafe opened else {
            throw DatabaseError(code: .outOfMemory, message: "there is no memory for a connection to the database")
        }
        unsafe self.handle = unsafe handle
        self.name = settings.name
        self.patience = settings.patience
        self.interrupter = interrupter
        self.bell = bell
        // The default prints to the standard error.
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try self.connect()
        let isOther = "(pg_backend_pid() <> \(unsafe PQbackendPID(handle)))"
        let rows = try self.script(
            Self.limits(isLocal: settings.sharesSessions ? isOther : "false"), within: settings.patience)
        self.isPooled = try rows.first?.bool("pooled") ?? false
    }

    deinit {
        unsafe PQfinish(self.handle)
    }

    /// Whether the server has closed the session while nothing was running. Reads the results of what was posted.
    var isUsable: Bool {
        guard self.failure == nil, self.prepared.count < Self.statementLimit else { return false }
        if !self.posted.isEmpty, (try? self.readPosted()) == nil { return false }
        var descriptor = pollfd(fd: unsafe PQsocket(self.handle), events: Int16(POLLIN), revents: 0)
        if unsafe poll(&descriptor, 1, 0) > 0 { _ = unsafe PQconsumeInput(self.handle) }
        return unsafe PQstatus(self.handle) == CONNECTION_OK
    }

    var isBroken: Bool { self.failure != nil }

    // MARK: Statements

    /// Sends a statement.
    ///
    /// - Parameter isAwaited: Whether ``finish()`` returns its result.
    func send(_ sql: String, _ values: [SQLValue] = [], isAwaited: Bool = false) throws(DatabaseError) {
        if let failure { throw failure }
        let statement = Statement(sql: sql, types: values.map(Self.type))
        let isFresh = self.prepared[statement] == nil
        let prepared = try self.isPooled ? Prepared(name: "") : self.prepared(statement)
        let parameters = Parameters(values)
        let binary = values.map { _ in Int32(1) }
        let isSent = unsafe parameters.withPointers { pointers in
            if self.isPooled {
                unsafe PQsendQueryParams(
                    self.handle, SQLText.numbered(sql), Int32(values.count), statement.types, pointers,
                    parameters.lengths, binary, 0)
            } else {
                unsafe PQsendQueryPrepared(
                    self.handle, prepared.name, Int32(values.count), pointers, parameters.lengths, binary, 0)
            }
        }
        guard isSent == 1 else { throw self.broken() }
        self.sent.append(.statement(prepared, sql: sql, isAwaited: isAwaited, isFresh: isFresh))
    }

    private func prepared(_ statement: Statement) throws(DatabaseError) -> Prepared {
        if let prepared = self.prepared[statement] { return prepared }
        self.names += 1
        let prepared = Prepared(name: "s\(self.names)")
        let (text, types) = (SQLText.numbered(statement.sql), statement.types)
        guard unsafe PQsendPrepare(self.handle, prepared.name, text, Int32(types.count), types) == 1 else {
            throw self.broken()
        }
        self.sent.append(.preparation(statement))
        self.prepared[statement] = prepared
        return prepared
    }

    /// Sends what begins a transaction.
    func begin(_ sql: String = "BEGIN") throws(DatabaseError) {
        try self.send(sql)
        if self.isPooled { try self.send(Self.localLimits) }
    }

    /// Waits for everything that was sent. Returns the results that are awaited, in order, or throws the first error.
    @discardableResult
    func finish() throws(DatabaseError) -> [Answer] {
        if let failure { throw failure }
        guard unsafe PQpipelineSync(self.handle) == 1 else { throw self.broken() }
        let sent = self.sent
        self.sent = []
        defer { self.dropNotifications() }
        return try self.answers(to: sent)
    }

    /// What a listener of this host has left in a pooler's session: libpq keeps it until it is asked for.
    private func dropNotifications() {
        while let notification = unsafe PQnotifies(self.handle) { unsafe PQfreemem(notification) }
    }

    /// Sends a statement whose result does not matter, with all that was sent before, and does not wait: the results are
    /// read before the next use. An error of it makes the session unusable.
    func post(_ sql: String) throws(DatabaseError) {
        try self.send(sql)
        guard unsafe PQpipelineSync(self.handle) == 1, unsafe PQflush(self.handle) >= 0 else { throw self.broken() }
        self.posted = self.sent
        self.sent = []
    }

    private func readPosted() throws(DatabaseError) {
        let posted = self.posted
        self.posted = []
        do throws(DatabaseError) {
            _ = try self.answers(to: posted)
        } catch {
            throw self.fail(error)
        }
    }

    private func answers(to sent: [Sent]) throws(DatabaseError) -> [Answer] {
        let deadline = ContinuousClock.now + self.patience
        var answers: [Answer] = []
        var error: DatabaseError?
        for entry in sent {
            guard let result = unsafe try self.result(by: deadline) else { throw self.broken() }
            defer { unsafe PQclear(result) }
            let failed = unsafe self.error(of: result, entry)
            if failed != nil || error != nil, case .preparation(let statement) = entry {
                self.prepared[statement] = nil
            }
            error = error ?? failed
            if error == nil, case .statement(let prepared, _, isAwaited: true, _) = entry {
                let tuples = unsafe PQcmdTuples(result).map { unsafe String(cString: $0) }
                answers.append(unsafe Answer(rows: Self.rows(of: result, prepared), changed: Int(tuples ?? "") ?? 0))
            }
            // Each statement's results end with none.
            while let more = unsafe try self.result(by: deadline) { unsafe PQclear(more) }
        }
        guard let end = unsafe try self.result(by: deadline) else { throw self.broken() }
        defer { unsafe PQclear(end) }
        guard unsafe PQresultStatus(end) == PGRES_PIPELINE_SYNC else { throw self.broken() }
        if let error {
            if error.code == .unreachable { throw self.fail(error) }
            if error.code == .readOnly { self.failure = error }
            throw error
        }
        return answers
    }

    /// Runs several statements without parameters. Returns the rows of the last one that has some.
    @discardableResult
    func script(_ sql: String, within limit: Duration) throws(DatabaseError) -> [Row] {
        if !self.sent.isEmpty { try self.finish() }
        guard unsafe PQexitPipelineMode(self.handle) == 1, unsafe PQsendQuery(self.handle, sql) == 1 else {
            throw self.broken()
        }
        let deadline = ContinuousClock.now + limit
        var error: DatabaseError?
        var rows: [Row] = []
        while let result = unsafe try self.result(by: deadline) {
            error = unsafe error ?? self.error(of: result, nil)
            if unsafe PQntuples(result) > 0 { rows = unsafe Self.rows(of: result, Prepared(name: "")) }
            unsafe PQclear(result)
        }
        guard unsafe PQenterPipelineMode(self.handle) == 1 else { throw self.broken() }
        if let error { throw error }
        return rows
    }

    // MARK: Notifications

    var descriptor: Int32 { unsafe PQsocket(self.handle) }

    /// The payloads of what has arrived on channels to which the session listens. Does not wait.
    func notifications() throws(DatabaseError) -> [[UInt8]] {
        guard unsafe PQconsumeInput(self.handle) == 1 else { throw self.broken() }
        var payloads: [[UInt8]] = []
        while let notification = unsafe PQnotifies(self.handle) {
            defer { unsafe PQfreemem(notification) }
            let text = unsafe notification.pointee.extra
            // A server sends less than 8,000 bytes.
            let count = unsafe text.map { unsafe strnlen($0, 8_192) } ?? 0
            payloads.append(unsafe Array(UnsafeRawBufferPointer(start: text, count: count)))
        }
        return payloads
    }

    // MARK: Waiting

    private func connect() throws(DatabaseError) {
        let deadline = ContinuousClock.now + self.patience
        var wanted = Int16(POLLOUT)
        while true {
            guard unsafe PQstatus(self.handle) != CONNECTION_BAD else { throw self.refused() }
            try self.wait(for: wanted, by: deadline)
            switch unsafe PQconnectPoll(self.handle) {
            case PGRES_POLLING_OK:
                guard unsafe PQsetnonblocking(self.handle, 1) == 0, unsafe PQenterPipelineMode(self.handle) == 1 else {
                    throw self.broken()
                }
                return
            case PGRES_POLLING_READING: wanted = Int16(POLLIN)
            case PGRES_POLLING_WRITING: wanted = Int16(POLLOUT)
            default: throw self.refused()
            }
        }
    }

    /// The next result, or nil at the end of a statement's results.
    private func result(by deadline: ContinuousClock.Instant) throws(DatabaseError) -> OpaquePointer? {
        while true {
            let unsent = unsafe PQflush(self.handle)
            guard unsent >= 0 else { throw self.broken() }
            if unsafe PQisBusy(self.handle) == 0 { break }
            // Also reads while the server takes nothing: it may wait until its own answers are read.
            try self.wait(for: Int16(unsent == 0 ? POLLIN : POLLIN | POLLOUT), by: deadline)
            guard unsafe PQconsumeInput(self.handle) == 1 else { throw self.broken() }
        }
        return unsafe PQgetResult(self.handle)
    }

    private func wait(for events: Int16, by deadline: ContinuousClock.Instant) throws(DatabaseError) {
        while true {
            if self.interrupter.isSet { throw self.fail(DatabaseError(code: .interrupted, message: "interrupted")) }
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                let seconds = self.patience / .seconds(1)
                throw self.fail(.unreachable(self.name, "no answer within \(seconds) s"))
            }
            var descriptors = [
                pollfd(fd: unsafe PQsocket(self.handle), events: events, revents: 0),
                pollfd(fd: self.bell, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&descriptors, 2, Int32(clamping: Int64(left / .milliseconds(1)) + 1))
            if ready > 0, descriptors[0].revents != 0 { return }
        }
    }

    // MARK: Errors

    private func fail(_ error: DatabaseError) -> DatabaseError {
        self.failure = error
        self.isLost = true
        return error
    }

    private var message: String {
        let text = unsafe String(cString: PQerrorMessage(self.handle))
        return text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    private func broken() -> DatabaseError { self.fail(.unreachable(self.name, self.message)) }

    private func refused() -> DatabaseError {
        let text = self.message
        // libpq gives no code for an error of the connection (PQconnectPoll), only the server's text.
        let isRefusal = ["authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry"]
            .contains { text.contains($0) }
        if isRefusal { return self.fail(DatabaseError(state: "28000", detail: text, name: self.name, statement: nil)) }
        return self.broken()
    }

    private func error(of result: OpaquePointer, _ entry: Sent?) -> DatabaseError? {
        switch unsafe PQresultStatus(result) {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
            let state = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { unsafe String(cString: $0) }
            guard let state else { return self.broken() }
            let detail = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { unsafe String(cString: $0) }
            guard case .statement(_, let sql, _, let isFresh) = entry else {
                return DatabaseError(state: state, detail: detail ?? "", name: self.name, statement: nil)
            }
            // "cached plan must not change result type": a newer host has added a column. A new session prepares it anew.
            if state == "0A000", !isFresh { return .unreachable(self.name, detail ?? "") }
            return DatabaseError(state: state, detail: detail ?? "", name: self.name, statement: sql)
        // Not run, because a statement before it failed.
        case PGRES_PIPELINE_ABORTED: return DatabaseError(code: .misuse, message: "an earlier statement failed")
        default: return nil
        }
    }

    // MARK: Values

    /// Object ids of types (pg_type.dat): `int8`, `float8`, `text`, `bytea`. The server infers that of a null.
    private static func type(of value: SQLValue) -> Oid {
        switch value {
        case .null: 0
        case .integer: 20
        case .real: 701
        case .text: 25
        case .blob: 17
        }
    }

    /// The values of a statement in the server's binary format, in one buffer.
    private struct Parameters {
        private var buffer: [UInt8] = []
        /// Where each begins; that of a null is nil.
        private var starts: [Int?] = []
        private(set) var lengths: [Int32] = []

        init(_ values: [SQLValue]) {
            for value in values {
                let start = self.buffer.count
                self.append(value)
                self.starts.append(value.isNull ? nil : start)
                self.lengths.append(Int32(self.buffer.count - start))
            }
            // An empty value needs an address too.
            self.buffer.append(0)
        }

        private mutating func append(_ value: SQLValue) {
            switch value {
            case .null: break
            case .integer(let value): unsafe withUnsafeBytes(of: value.bigEndian) { unsafe self.buffer += $0 }
            case .real(let value): unsafe withUnsafeBytes(of: value.bitPattern.bigEndian) { unsafe self.buffer += $0 }
            // PostgreSQL stores no zero in a text, SQLite does.
            case .text(let text):
                self.buffer += text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}").utf8 : text.utf8
            case .blob(let bytes): self.buffer += bytes
            }
        }

        /// Calls `body` with the addresses of the values.
        func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
            unsafe self.buffer.withUnsafeBytes { buffer in
                let pointers = unsafe self.starts.map { start -> UnsafePointer<CChar>? in
                    unsafe start.flatMap { unsafe buffer.baseAddress?.advanced(by: $0) }?
                        .assumingMemoryBound(to: CChar.self)
                }
                return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
            }
        }
    }

    private static func rows(of result: OpaquePointer, _ prepared: Prepared) -> [Row] {
        let width = unsafe PQnfields(result)
        let columns =
            prepared.columns ?? Row.Columns(names: (0..<width).map { unsafe String(cString: PQfname(result, $0)) })
        prepared.columns = columns
        return (0..<(unsafe PQntuples(result))).map { row in
            Row(values: (0..<width).map { unsafe Self.value(result, row, $0) }, columns: columns)
        }
    }

    /// A value that the server has sent as text.
    private static func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32) -> SQLValue {
        guard unsafe PQgetisnull(result, row, column) == 0, let start = unsafe PQgetvalue(result, row, column) else {
            return .null
        }
        let count = unsafe Int(PQgetlength(result, row, column))
        let text = unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        switch unsafe PQftype(result, column) {
        case 16: return .integer(text == "t" ? 1 : 0)
        case 20, 21, 23: return Int64(text).map(SQLValue.integer) ?? .null
        // A sum of whole numbers is `numeric`.
        case 1700: return Int64(text).map(SQLValue.integer) ?? Double(text).map(SQLValue.real) ?? .null
        case 700, 701: return Double(text).map(SQLValue.real) ?? .null
        case 17: return .blob(Self.bytes(ofHexadecimal: text))
        default: return .text(text)
        }
    }

    /// `\x0aff` (PostgreSQL, "bytea Hex Format").
    private static func bytes(ofHexadecimal text: String) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte < 0x3A ? byte & 0xF : (byte & 0xF) + 9 }
        let digits = Array(text.utf8.dropFirst(2))
        return stride(from: 0, to: digits.count - 1, by: 2).map { digit(digits[$0]) << 4 | digit(digits[$0 + 1]) }
    }

    // MARK: C

    /// As libpq's functions take addresses.
    private static func constant(
        _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> UnsafePointer<UnsafePointer<CChar>?> {
        unsafe UnsafeRawPointer(pointers).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }
}
