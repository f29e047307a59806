package import Chat
internal import Database
package import Store

/// What people's threads take. The database's triggers keep the sums of texts and of people; files and workspaces
/// are measured when they change.
extension Ledger {
    /// The threads that a person has begun, and the bytes that they take.
    package func storage(of person: String) throws -> (threads: Int, bytes: Int) {
        let row = try self.connection.first(
            """
            SELECT CAST(COALESCE(SUM(threads), 0) AS BIGINT) AS threads, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes
            FROM person_storage WHERE person IN (\(Self.samePerson(as: "$1")))
            """, [.text(person)])
        return try row.map { (Int(try $0.int64("threads")), Int(try $0.int64("bytes"))) } ?? (0, 0)
    }

    /// ``checkRoom(_:for:in:from:hasReserve:)`` in two steps: asks the database now, and checks when the result is called.
    ///
    /// - Parameter mayFree: Whether the message is a command in the thread's workspace, which does not count then: what is
    ///   in it has a limit of its own, and nobody could delete it otherwise.
    package func roomCheck(
        _ quota: PersonQuota, for bytes: Int, in thread: ThreadKey, from sender: String, hasReserve: Bool = false,
        mayFree: Bool = false
    ) throws -> () throws -> Void {
        // What waits is summed for each message, so only where there is a limit.
        guard quota.stored < PersonQuota.unlimited || quota.threads < PersonQuota.unlimited else { return {} }
        try self.lockQuota(quota, in: thread, from: sender)
        let person = Self.samePerson(as: "paying.payer")
        // What waits in the inbox counts until the transaction that makes a turn of it.
        let found = try self.connection.later(
            """
            SELECT owner, workspace,
            (SELECT CAST(SUM(threads) AS BIGINT) FROM person_storage WHERE person IN (\(person))) AS threads,
            (SELECT CAST(SUM(bytes) AS BIGINT) FROM person_storage WHERE person IN (\(person))) AS bytes,
            (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM inbox WHERE state = 'new' AND payer IN (\(person)))
            AS waiting,
            (SELECT COUNT(DISTINCT opens) FROM inbox WHERE state = 'new' AND payer IN (\(person)) AND opens <> $4)
            AS opening
            FROM (\(Self.paying)) AS paying
            """,
            [
                .text(thread.adapter.rawValue), .text(thread.value), .text(sender), .text("\(thread)"),
            ])
        return {
            let row = try found.get().first
            func number(_ column: String) throws -> Int { Int(try row?.optionalInteger(column) ?? 0) }
            let isNew = try row?.optionalText("owner") == nil
            if isNew, try number("threads") + number("opening") >= quota.threads {
                throw QuotaExceeded.threads(quota.threads)
            }
            let needed = Self.charge(for: bytes) - (hasReserve ? PersonQuota.reserve : 0)
            let freed = mayFree ? try number("workspace") : 0
            guard try number("bytes") - freed + number("waiting") + needed <= quota.stored else {
                throw QuotaExceeded.stored(quota.stored)
            }
        }
    }

    /// Makes the writes of a person's messages wait for each other where the quota may end: on PostgreSQL those of several
    /// places run at the same time, and none sees what another is about to add.
    private func lockQuota(_ quota: PersonQuota, in thread: ThreadKey, from sender: String) throws {
        guard self.connection.dialect == .postgreSQL, quota.stored < PersonQuota.unlimited else { return }
        let person = Self.samePerson(as: "paying.payer")
        // All identities of a person wait for the same one.
        try self.connection.execute(
            """
            SELECT pg_advisory_xact_lock(hashtextextended('quota ' || (SELECT MIN(identity) FROM (\(person)) AS same), 0))
            FROM (\(Self.paying)) AS paying WHERE
            (SELECT CAST(COALESCE(SUM(threads), 0) AS BIGINT) FROM person_storage WHERE person IN (\(person))) > $4 OR
            (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM person_storage WHERE person IN (\(person))) +
            (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM inbox WHERE state = 'new' AND payer IN (\(person))) > $5
            """,
            [
                .text(thread.adapter.rawValue), .text(thread.value), .text(sender),
                .integer(Int64(quota.threads - PersonQuota.threadMargin)),
                .integer(Int64(quota.stored - PersonQuota.margin)),
            ])
    }

    /// Who pays for a message, and who has begun its thread.
    private static let paying = """
        SELECT sessions.owner AS owner, sessions.workspace AS workspace, COALESCE(sessions.owner, $3) AS payer
        FROM (SELECT 1) AS single
        LEFT JOIN sessions ON sessions.adapter = $1 AND sessions.thread = $2
        """

    /// What a text of this many bytes counts while its message waits.
    package static func charge(for bytes: Int) -> Int { Self.textFactor * bytes + PersonQuota.overhead }

    /// Throws ``QuotaExceeded`` unless there is room for a message in a thread. A thread counts for the person who began
    /// it, a new one for the sender.
    ///
    /// - Parameters:
    ///   - bytes: Of the text.
    ///   - hasReserve: Whether ``PersonQuota/reserve`` is for it.
    package func checkRoom(
        _ quota: PersonQuota, for bytes: Int, in thread: ThreadKey, from sender: String, hasReserve: Bool = false
    ) throws {
        try self.roomCheck(quota, for: bytes, in: thread, from: sender, hasReserve: hasReserve)()
    }

    /// How often a text counts: besides the transcript it is in its turn, the search's index, and for a while in the live
    /// protocol's history and the outbox. The triggers have the same number.
    private static var textFactor: Int { 4 }

    /// Records the size of a session's files.
    package func setFiles(_ bytes: Int, of session: String) throws {
        try self.connection.execute(
            "UPDATE sessions SET files = ?1 WHERE id = ?2 AND files <> ?1", [.integer(Int64(bytes)), .text(session)])
    }

    /// Records the sizes of the files of sessions that are kept here; those without an entry have none.
    package func setFiles(_ sizes: [String: Int], where isHere: (String) throws -> Bool = { _ in true }) throws {
        let known = try self.connection.query("SELECT id FROM sessions WHERE files > 0", []).map { try $0.text("id") }
        for session in known where try sizes[session] == nil && isHere(session) { try self.setFiles(0, of: session) }
        for (session, bytes) in sizes { try self.setFiles(bytes, of: session) }
    }

    /// Bytes of the files that a person has sent on a day, counted from 1970.
    package func uploads(of person: String, on day: Int64) throws -> Int {
        let row = try self.connection.first(
            """
            SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM upload_days
            WHERE person IN (\(Self.samePerson(as: "$1"))) AND day = $2
            """, [.text(person), .integer(day)])
        return try row.map { Int(try $0.int64("bytes")) } ?? 0
    }

    package func addUpload(_ bytes: Int, of person: String, on day: Int64) throws {
        try self.connection.execute(
            "DELETE FROM upload_days WHERE person = ? AND day < ?", [.text(person), .integer(day)])
        try self.connection.execute(
            """
            INSERT INTO upload_days (person, day, bytes) VALUES (?1, ?2, ?3)
            ON CONFLICT (person, day) DO UPDATE SET bytes = upload_days.bytes + ?3
            """, [.text(person), .integer(day), .integer(Int64(bytes))])
    }

    // MARK: Uploads that wait for a message

    /// Notes that a file of a person waits in a session since `now` (milliseconds since 1970).
    package func noteUpload(of person: String, in session: String, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO waiting_uploads (session, person, at) VALUES ($1, $2, $3)
            ON CONFLICT (session, person) DO UPDATE
            SET at = CASE WHEN waiting_uploads.at < excluded.at THEN excluded.at ELSE waiting_uploads.at + 1 END
            """, [.text(session), .text(person), .integer(now)])
    }

    /// The time of the latest upload that may still wait for a person's next message in a session; nil if there is none.
    package func lastUpload(of person: String, in session: String) throws -> Int64? {
        try self.connection.first(
            "SELECT at FROM waiting_uploads WHERE session = $1 AND person = $2", [.text(session), .text(person)]
        )?.integer("at")
    }

    /// A message has taken the files, but for those that came after `last`.
    package func forgetUploads(of person: String, in session: String, through last: Int64) throws {
        try self.connection.execute(
            "DELETE FROM waiting_uploads WHERE session = $1 AND person = $2 AND at <= $3",
            [.text(session), .text(person), .integer(last)])
    }
}
