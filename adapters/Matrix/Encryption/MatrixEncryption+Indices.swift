internal import Database

/// Which messages were read: a server must not repeat one as another event, not even after a restart.
///
/// Each has a row with its event, which may come again itself. Of old ones only the indices are kept, with one row for
/// each range of them. An empty event marks such a row; see ``MatrixKeyChanges/setIndices(session:_:)``.
extension MatrixEncryption {
    /// How long events are kept, by when the server says that they were sent. Nothing depends on whether that is true:
    /// an old event that comes again is refused. In milliseconds.
    private static let eventTime: Int64 = 30 * 86_400_000
    /// How far servers' clocks may be ahead, in milliseconds.
    private static let clockSkew: Int64 = 86_400_000
    /// Old indices are merged at most once in this time, in milliseconds.
    private static let mergeInterval: Int64 = 3_600_000
    /// Sessions and rows that are looked at each time.
    private static let mergedSessions = 1_000
    private static let mergedRows = 20_000
    /// Ranges of a session. With more, the lowest gaps count as read.
    static let rangeLimit = 1_000
    /// Beyond it, merging waits for another interval.
    private static let freshLimit = 50_000

    /// A message's place in its session.
    struct MessageIndex: Hashable {
        let session: String
        let index: UInt32
    }

    /// The event that used an index.
    struct Use: Equatable {
        let event: String
        let sentAt: Int64
    }

    /// A row of the table.
    private struct UsedIndices: Sendable {
        let range: ClosedRange<UInt32>
        /// Nil where the events are no longer known.
        let use: Use?

        init(_ row: Row) throws(DatabaseError) {
            let last = UInt32(clamping: try row.int64("message_index"))
            let use = Use(event: try row.text("event"), sentAt: try row.int64("sent_at"))
            let isRange = use.event.isEmpty
            self.range = (isRange ? min(UInt32(clamping: use.sentAt), last) : last)...last
            self.use = isRange ? nil : use
        }
    }

    /// Whether this event is the one that used the index.
    func isFirst(_ event: MatrixEvent, session: String, _ index: UInt32) async throws -> Bool {
        let place = MessageIndex(session: session, index: index)
        let use = Use(event: event.id, sentAt: event.timestamp)
        if let known = self.newIndices[place] { return known == use }
        let next = try await self.store.read { rows in
            try rows.first(
                """
                SELECT message_index, event, sent_at FROM {indices} WHERE session = $1 AND message_index >= $2
                ORDER BY message_index LIMIT 1
                """, SQLValue(session), SQLValue(index)
            ).map { row throws(DatabaseError) in try UsedIndices(row) }
        }
        if let next, next.range.contains(index) { return next.use == use }
        self.newIndices[place] = use
        return true
    }

    /// Before what was read is delivered: one commit for all of it.
    func storeIndices() async throws {
        guard !self.newIndices.isEmpty else { return }
        var changes = MatrixKeyChanges()
        let new = self.newIndices
        for (place, use) in new {
            changes.setIndex(session: place.session, place.index, event: use.event, sentAt: use.sentAt)
        }
        self.freshIndices.formUnion(new.keys)
        if self.freshIndices.count > Self.freshLimit {
            self.freshIndices = []
            self.mergedAt = self.clock()
        }
        try await self.store.commit(changes)
        // A question's past is read beside the sync: meanwhile more may have come.
        for place in new.keys { self.newIndices[place] = nil }
    }

    /// Merges the indices of old events into ranges. Call it ``alone(_:)``.
    ///
    /// What was stored in the last interval, or before this process had synced for one, is left alone: until the sync's
    /// position is stored its events come again after a crash, however old they are.
    func mergeIndices() async throws {
        let now = self.clock()
        guard let mergedAt = self.mergedAt else {
            self.mergedAt = now
            return
        }
        guard now - mergedAt >= Self.mergeInterval else { return }
        let times = (now - Self.eventTime)...(now + Self.clockSkew)
        let fresh = self.freshIndices
        let rows = try await self.store.read { rows in
            let sql = """
                SELECT session, message_index, event, sent_at FROM {indices} WHERE session IN (
                    SELECT DISTINCT session FROM {indices} WHERE event <> '' AND (sent_at < $1 OR sent_at > $2)
                    ORDER BY session LIMIT \(Self.mergedSessions)
                ) ORDER BY session, message_index LIMIT \(Self.mergedRows)
                """
            return try rows.query(sql, SQLValue(times.lowerBound), SQLValue(times.upperBound)).map {
                row throws(DatabaseError) in (session: try row.text("session"), used: try UsedIndices(row))
            }
        }
        var changes = MatrixKeyChanges()
        for (session, rows) in Dictionary(grouping: rows, by: { $0.session }) {
            let old = rows.map { $0.used }.filter { used in
                guard let use = used.use else { return true }
                return !times.contains(use.sentAt)
                    && !fresh.contains(MessageIndex(session: session, index: used.range.lowerBound))
            }
            let known = Set(old.filter { $0.use == nil }.map { $0.range })
            for range in Self.merged(old.map { $0.range }) where !known.contains(range) {
                changes.setIndices(session: session, range)
            }
        }
        try await self.store.commit(changes)
        self.freshIndices.subtract(fresh)
        self.mergedAt = now
    }

    /// Ranges, lowest first, with those joined that follow each other.
    private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges {
            if let last = merged.last, UInt64(last.upperBound) + 1 >= UInt64(range.lowerBound) {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        let surplus = merged.count - Self.rangeLimit
        if surplus > 0 {
            merged.replaceSubrange(...surplus, with: [merged[0].lowerBound...merged[surplus].upperBound])
        }
        return merged
    }
}
